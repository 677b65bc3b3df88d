import type { LegState } from '#libs/contracts';
import { TURN, turnOf } from './catch-up-turn.js';
import type { FeedFact } from './feed-fact.js';

const leg = (changed: Partial<LegState> = {}) => ({ status: 'DELIVERED', priority: 'ROUTINE', ...changed }) as LegState;
const turn = (fact: object) => turnOf({ fact: fact as FeedFact['fact'] });

describe(turnOf.name, () => {
  it('is the first of what takes something back', () => {
    expect(turn({ kind: 'directory-change' })).toBe(TURN.REVOCATION);
    expect(turn({ kind: 'received', leg: leg({ status: 'WITHDRAWN' }) })).toBe(TURN.REVOCATION);
    expect(turn({ kind: 'decided', leg: leg({ status: 'WITHDRAWN' }) })).toBe(TURN.REVOCATION);
  });

  it('is the second of what corrects', () => {
    expect(turn({ kind: 'decided', problem: { code: 'ERR_LEG_UNKNOWN' } })).toBe(TURN.CORRECTION);
    expect(turn({ kind: 'leg-state', leg: leg({ status: 'CLOSED', priority: 'URGENT_DIRECT' }) })).toBe(
      TURN.CORRECTION,
    );
  });

  it.each(['URGENT_DIRECT', 'URGENT_INDIRECT'] as const)(
    'is the third of what is %s, and of an escalation',
    (priority) => {
      for (const kind of ['received', 'decided', 'leg-state']) {
        expect(turn({ kind, leg: leg({ priority }) })).toBe(TURN.URGENT);
      }
      expect(turn({ kind: 'escalated' })).toBe(TURN.URGENT);
    },
  );

  it('is the last of everything else', () => {
    for (const priority of ['ROUTINE', 'NO_DEADLINE'] as const) {
      expect(turn({ kind: 'received', leg: leg({ priority }) })).toBe(TURN.REST);
      expect(turn({ kind: 'leg-state', leg: leg({ priority }) })).toBe(TURN.REST);
    }
    for (const kind of ['decided', 'contact-disabled', 'noted', 'quarantined']) expect(turn({ kind })).toBe(TURN.REST);
  });
});
