import type { RequestLegStatus } from '../codes.js';
import {
  authorisationAwaited,
  clarificationAnswered,
  clarificationAsked,
  legAcknowledged,
  legAnswered,
  legClosed,
  legDeclined,
  legDelivered,
  legPartiallyAnswered,
  legRead,
  legRefused,
  reconsiderationAsked,
  requestWithdrawn,
} from './submissions.js';

/**
 * One row of the leg's state machine: this message, sent by this side, is allowed in these states and leads there.
 * `SAME` leaves the status, `RESUME` returns to the status before the interruption.
 */
export interface LegMove {
  readonly type: string;
  readonly by: 'REQUESTER' | 'ADDRESSEE';
  readonly from: readonly RequestLegStatus[];
  readonly to: RequestLegStatus | 'SAME' | 'RESUME';
}

/** The addressee is at work and may do anything that its work can bring. */
const AT_WORK = ['DELIVERED', 'ACKNOWLEDGED', 'ASSIGNED', 'PARTIALLY_ANSWERED'] as const;

/** At work, or interrupted: an answer or a refusal ends the interruption, since a refusal is always possible. */
const AT_WORK_OR_INTERRUPTED = [...AT_WORK, 'CLARIFICATION_SOUGHT', 'AWAITING_AUTHORISATION'] as const;

/** The addressee has had its say. */
const ENDED = ['ANSWERED', 'PARTIALLY_REFUSED', 'REFUSED', 'DECLINED_UNSPECIFIED'] as const;

const row = (by: LegMove['by'], type: string, from: readonly RequestLegStatus[], to: LegMove['to']): LegMove => ({
  type,
  by,
  from,
  to,
});

/**
 * Every allowed move of a leg after its submission. Whatever is not here is refused with ERR_LEG_MOVE_NOT_ALLOWED.
 * `ASSIGNED` never reaches the hub: it is a state of the addressee's own country, and equals ACKNOWLEDGED outside.
 */
export const LEG_MOVES: readonly LegMove[] = [
  row('ADDRESSEE', legDelivered.type, ['SUBMITTED'], 'DELIVERED'),
  row('ADDRESSEE', legRead.type, [...AT_WORK_OR_INTERRUPTED, ...ENDED], 'SAME'),
  row('ADDRESSEE', legAcknowledged.type, ['DELIVERED'], 'ACKNOWLEDGED'),
  row('ADDRESSEE', clarificationAsked.type, AT_WORK, 'CLARIFICATION_SOUGHT'),
  row('REQUESTER', clarificationAnswered.type, ['CLARIFICATION_SOUGHT'], 'RESUME'),
  row('ADDRESSEE', authorisationAwaited.type, AT_WORK, 'AWAITING_AUTHORISATION'),
  row('ADDRESSEE', legPartiallyAnswered.type, AT_WORK_OR_INTERRUPTED, 'PARTIALLY_ANSWERED'),
  row('ADDRESSEE', legAnswered.type, AT_WORK_OR_INTERRUPTED, 'ANSWERED'),
  row('ADDRESSEE', legRefused.type, AT_WORK_OR_INTERRUPTED, 'REFUSED'),
  row('ADDRESSEE', legDeclined.type, AT_WORK_OR_INTERRUPTED, 'DECLINED_UNSPECIFIED'),
  row('REQUESTER', reconsiderationAsked.type, ['REFUSED', 'PARTIALLY_REFUSED'], 'ACKNOWLEDGED'),
  row('REQUESTER', legClosed.type, ENDED, 'CLOSED'),
  row(
    'REQUESTER',
    requestWithdrawn.type,
    ['SUBMITTED', 'HELD_FOR_RELEASE', ...AT_WORK_OR_INTERRUPTED, ...ENDED],
    'WITHDRAWN',
  ),
];

/** The row for a message sent by one side in a state, or undefined when the move is not allowed. */
export function findLegMove(type: string, by: LegMove['by'], status: RequestLegStatus): LegMove | undefined {
  return LEG_MOVES.find((move) => move.type === type && move.by === by && move.from.includes(status));
}
