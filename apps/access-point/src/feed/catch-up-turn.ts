import type { LegState } from '#libs/contracts';
import type { FeedFact } from './feed-fact.js';

/** The order in which a backlog takes effect; a smaller number comes first. */
export const TURN = { REVOCATION: 0, CORRECTION: 1, URGENT: 2, REST: 3 } as const;
export type Turn = (typeof TURN)[keyof typeof TURN];

/**
 * The turn of an entry of a backlog: what takes something back - keys and agreements, a request - comes first, so that nobody acts on it; then what corrects
 * what officers believe - a refusal of what they sent, a leg that the hub has closed; then what is urgent.
 */
export function turnOf({ fact }: Pick<FeedFact, 'fact'>): Turn {
  switch (fact.kind) {
    case 'directory-change':
      return TURN.REVOCATION;
    case 'received':
      return turnOfLeg(fact.leg);
    case 'decided':
      if (fact.problem !== undefined) return TURN.CORRECTION;
      return fact.leg === undefined ? TURN.REST : turnOfLeg(fact.leg);
    case 'leg-state':
      return fact.leg.status === 'CLOSED' ? TURN.CORRECTION : turnOfLeg(fact.leg);
    case 'escalated':
      return TURN.URGENT;
    case 'contact-disabled':
    case 'noted':
    case 'quarantined':
      return TURN.REST;
  }
}

function turnOfLeg({ status, priority }: LegState): Turn {
  if (status === 'WITHDRAWN') return TURN.REVOCATION;
  return priority === 'URGENT_DIRECT' || priority === 'URGENT_INDIRECT' ? TURN.URGENT : TURN.REST;
}
