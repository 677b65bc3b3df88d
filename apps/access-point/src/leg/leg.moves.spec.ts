import {
  clarificationAnswered,
  LEG_MOVES,
  type LegState,
  legAcknowledged,
  legAnswered,
  legClosed,
  legDelivered,
  legRefused,
  type RequestLegStatus,
  reconsiderationAsked,
  requestLegStatus,
  requestSubmitted,
  requestWithdrawn,
} from '#libs/contracts';
import {
  assertCanMove,
  assertOwnSide,
  canMove,
  isOpenHere,
  type LegSituation,
  openClarification,
  presentStatus,
} from './leg.moves.js';

function leg(
  direction: LegSituation['direction'],
  status: RequestLegStatus | null,
  pendingTypes: string[] = [],
  state: Partial<LegState> = {},
): LegSituation {
  return {
    direction,
    state: status === null ? null : ({ status, reconsidered: false, ...state } as LegState),
    submission: 'ACCEPTED',
    pendingTypes,
  };
}

describe(presentStatus.name, () => {
  it('is what the hub said when nothing is on its way', () => {
    for (const status of requestLegStatus.options) expect(presentStatus(leg('incoming', status))).toBe(status);
    expect(presentStatus(leg('outgoing', null, [requestSubmitted.type]))).toBe('SUBMITTED');
  });

  it('takes own messages for accepted that are on their way', () => {
    expect(presentStatus(leg('incoming', 'SUBMITTED', [legDelivered.type]))).toBe('DELIVERED');
    expect(presentStatus(leg('incoming', 'SUBMITTED', [legDelivered.type, legAcknowledged.type]))).toBe('ACKNOWLEDGED');
    expect(presentStatus(leg('outgoing', 'CLARIFICATION_SOUGHT', [clarificationAnswered.type]))).toBe('DELIVERED');
    expect(presentStatus(leg('outgoing', 'ANSWERED', [legClosed.type]))).toBe('CLOSED');
  });

  it('passes over a message that the leg could not make', () => {
    expect(presentStatus(leg('incoming', 'CLOSED', [legAnswered.type]))).toBe('CLOSED');
  });
});

describe(canMove.name, () => {
  const types = [...new Set(LEG_MOVES.map(({ type }) => type))];

  it.each(types)('allows %s exactly in the states and to the side of the table', (type) => {
    for (const [direction, side] of [
      ['incoming', 'ADDRESSEE'],
      ['outgoing', 'REQUESTER'],
    ] as const) {
      for (const status of requestLegStatus.options) {
        const inTable = LEG_MOVES.some((move) => move.type === type && move.by === side && move.from.includes(status));
        expect(canMove(leg(direction, status), type)).toBe(inTable);
      }
    }
  });

  it('never allows a second time what is on its way', () => {
    expect(canMove(leg('incoming', 'DELIVERED', [legAcknowledged.type]), legAcknowledged.type)).toBe(false);
    expect(canMove(leg('incoming', 'ACKNOWLEDGED', [legRefused.type]), legAnswered.type)).toBe(false);
    expect(canMove(leg('outgoing', 'REFUSED', [reconsiderationAsked.type]), reconsiderationAsked.type)).toBe(false);
  });

  it('never allows a second reconsideration, and nothing on a refused submission', () => {
    expect(canMove(leg('outgoing', 'REFUSED'), reconsiderationAsked.type)).toBe(true);
    expect(canMove(leg('outgoing', 'REFUSED', [], { reconsidered: true }), reconsiderationAsked.type)).toBe(false);
    expect(canMove({ ...leg('outgoing', null), submission: 'REFUSED' }, requestWithdrawn.type)).toBe(false);
  });

  it('refuses with a code', () => {
    expect(() => assertCanMove(leg('incoming', 'CLOSED'), legAnswered.type)).toThrow(
      expect.objectContaining({ code: 'ERR_LEG_MOVE_NOT_ALLOWED' }),
    );
    expect(() => assertCanMove(leg('incoming', 'DELIVERED'), legAnswered.type)).not.toThrow();
  });
});

describe(assertOwnSide.name, () => {
  it('lets a side send what is its to send, in whatever state the leg is', () => {
    expect(() => assertOwnSide(leg('incoming', 'CLOSED'), legAcknowledged.type)).not.toThrow();
    expect(() => assertOwnSide(leg('outgoing', 'SUBMITTED'), legClosed.type)).not.toThrow();
  });

  it('refuses what only the other side can send', () => {
    const refused = expect.objectContaining({ code: 'ERR_LEG_MOVE_NOT_ALLOWED' });
    expect(() => assertOwnSide(leg('outgoing', 'DELIVERED'), legAcknowledged.type)).toThrow(refused);
    expect(() => assertOwnSide(leg('incoming', 'ANSWERED'), legClosed.type)).toThrow(refused);
  });
});

describe(isOpenHere.name, () => {
  it('is true only while the own side works on an incoming leg', () => {
    expect(isOpenHere(leg('incoming', 'ACKNOWLEDGED'))).toBe(true);
    expect(isOpenHere(leg('incoming', 'CLARIFICATION_SOUGHT'))).toBe(true);
    expect(isOpenHere(leg('incoming', 'ANSWERED'))).toBe(false);
    expect(isOpenHere(leg('incoming', 'DELIVERED', [legAnswered.type]))).toBe(false);
    expect(isOpenHere(leg('outgoing', 'ACKNOWLEDGED'))).toBe(false);
  });
});

describe(openClarification.name, () => {
  it('names the question that waits, until its answer is on the way', () => {
    const pendingClarification = 'c';
    expect(openClarification(leg('outgoing', 'CLARIFICATION_SOUGHT', [], { pendingClarification }))).toBe('c');
    const answered = leg('outgoing', 'CLARIFICATION_SOUGHT', [clarificationAnswered.type], { pendingClarification });
    expect(openClarification(answered)).toBeUndefined();
    expect(openClarification(leg('outgoing', 'ACKNOWLEDGED'))).toBeUndefined();
  });
});
