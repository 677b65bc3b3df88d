import { requestLegStatus } from '../codes.js';
import { findLegMove, LEG_MOVES, type LegMove } from './leg-moves.js';

// The state machine of a leg as the domain reference tells it, written down a second time: status -> what each side may send there.
const WORK = 'clarification-asked authorisation-awaited partially-answered answered refused declined';
const ENDING = 'partially-answered answered refused declined';
const ALLOWED: Record<string, { addressee: string; requester: string }> = {
  DRAFT: { addressee: '', requester: '' },
  SUBMITTED: { addressee: 'delivered', requester: 'withdrawn' },
  HELD_FOR_RELEASE: { addressee: '', requester: 'withdrawn' },
  DELIVERED: { addressee: `read acknowledged ${WORK}`, requester: 'withdrawn' },
  ACKNOWLEDGED: { addressee: `read ${WORK}`, requester: 'withdrawn' },
  ASSIGNED: { addressee: `read ${WORK}`, requester: 'withdrawn' },
  PARTIALLY_ANSWERED: { addressee: `read ${WORK}`, requester: 'withdrawn' },
  CLARIFICATION_SOUGHT: { addressee: `read ${ENDING}`, requester: 'clarification-answered withdrawn' },
  AWAITING_AUTHORISATION: { addressee: `read ${ENDING}`, requester: 'withdrawn' },
  ANSWERED: { addressee: 'read', requester: 'closed withdrawn' },
  PARTIALLY_REFUSED: { addressee: 'read', requester: 'reconsideration-asked closed withdrawn' },
  REFUSED: { addressee: 'read', requester: 'reconsideration-asked closed withdrawn' },
  DECLINED_UNSPECIFIED: { addressee: 'read', requester: 'closed withdrawn' },
  WITHDRAWN: { addressee: '', requester: '' },
  CLOSED: { addressee: '', requester: '' },
};

const typeOf = (verb: string): string =>
  verb === 'withdrawn' ? 'serai.requests.request.withdrawn.v1' : `serai.requests.leg.${verb}.v1`;
const typesOf = (verbs: string): Set<string> => new Set(verbs === '' ? [] : verbs.split(' ').map(typeOf));
const ALL_TYPES = [...new Set(LEG_MOVES.map(({ type }) => type))];

describe('moves of a leg', () => {
  const cells = requestLegStatus.options.flatMap((status) =>
    (['ADDRESSEE', 'REQUESTER'] as const).flatMap((by) =>
      ALL_TYPES.map((type): [string, LegMove['by'], typeof status] => [type, by, status]),
    ),
  );

  it.each(cells)('%s by the %s of a leg that is %s', (type, by, status) => {
    const { addressee, requester } = ALLOWED[status]!;
    const isAllowed = typesOf(by === 'ADDRESSEE' ? addressee : requester).has(type);
    expect(findLegMove(type, by, status) !== undefined).toBe(isAllowed);
  });

  it('never lead out of the end', () => {
    for (const { from } of LEG_MOVES) {
      expect(from).not.toContain('CLOSED');
      expect(from).not.toContain('WITHDRAWN');
    }
  });

  it('begin with a message of another type, which is not a move', () => {
    for (const status of requestLegStatus.options) {
      expect(findLegMove('serai.requests.request.submitted.v1', 'REQUESTER', status)).toBeUndefined();
    }
  });
});
