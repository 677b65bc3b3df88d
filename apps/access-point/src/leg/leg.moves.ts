import {
  authorisationAwaited,
  clarificationAnswered,
  clarificationAsked,
  findLegMove,
  LEG_MOVES,
  type LegAction,
  type LegMove,
  type LegState,
  legAcknowledged,
  legAnswered,
  legClosed,
  legDeclined,
  legPartiallyAnswered,
  legRefused,
  type RequestLegStatus,
  reconsiderationAsked,
  requestWithdrawn,
} from '#libs/contracts';
import { SeraiError } from '#libs/errors';

/** Acts that become a message of the leg, and the messages that they may become. */
export const MOVES_OF = {
  acknowledgeLeg: [legAcknowledged.type],
  askClarification: [clarificationAsked.type],
  answerClarification: [clarificationAnswered.type],
  announceAuthorisation: [authorisationAwaited.type],
  respond: [legPartiallyAnswered.type, legAnswered.type],
  refuse: [legRefused.type],
  countersignRefusal: [legRefused.type],
  decline: [legDeclined.type],
  askReconsideration: [reconsiderationAsked.type],
  closeLeg: [legClosed.type],
  withdrawLeg: [requestWithdrawn.type],
} as const satisfies Partial<Record<LegAction, readonly string[]>>;

/** What of a leg decides which moves it can make from here. */
export interface LegSituation {
  readonly direction: 'incoming' | 'outgoing';
  readonly state: LegState | null;
  /** Where the submission stands; for an incoming leg always ACCEPTED. */
  readonly submission: string;
  /** Types of own messages that the hub has not decided on yet, in the order of signing. */
  readonly pendingTypes: readonly string[];
}

/** After an answer to a clarification only the requester's own next moves are projected, and those are the same in each of these states. */
const RESUMED: RequestLegStatus = 'DELIVERED';

const ENDED: readonly RequestLegStatus[] = [
  'ANSWERED',
  'PARTIALLY_REFUSED',
  'REFUSED',
  'DECLINED_UNSPECIFIED',
  'WITHDRAWN',
  'CLOSED',
];

export const sideOf = ({ direction }: LegSituation): LegMove['by'] =>
  direction === 'incoming' ? 'ADDRESSEE' : 'REQUESTER';

/**
 * The status once the hub has accepted what is on its way from here. So officers can go on working while the hub can not be reached, and are
 * not offered the same move twice.
 */
export function presentStatus(leg: LegSituation): RequestLegStatus {
  let status: RequestLegStatus = leg.state?.status ?? 'SUBMITTED';
  for (const type of leg.pendingTypes) {
    const to = findLegMove(type, sideOf(leg), status)?.to ?? 'SAME';
    if (to === 'RESUME') status = RESUMED;
    else if (to !== 'SAME') status = to;
  }
  return status;
}

/** Whether the leg can make a move by its own side now; the hub has the last word. */
export function canMove(leg: LegSituation, type: string): boolean {
  if (leg.submission === 'REFUSED') return false;
  if (type === reconsiderationAsked.type && wasReconsidered(leg)) return false;
  return findLegMove(type, sideOf(leg), presentStatus(leg)) !== undefined;
}

function wasReconsidered(leg: LegSituation): boolean {
  return leg.state?.reconsidered === true || leg.pendingTypes.includes(reconsiderationAsked.type);
}

/** @throws SeraiError ERR_LEG_MOVE_NOT_ALLOWED */
export function assertCanMove(leg: LegSituation, type: string): void {
  if (canMove(leg, type)) return;
  throw new SeraiError(
    'ERR_LEG_MOVE_NOT_ALLOWED',
    `A leg that is ${presentStatus(leg)} cannot make this move from here.`,
  );
}

/** @throws SeraiError ERR_LEG_MOVE_NOT_ALLOWED for a message that only the other side of the leg can send, whatever the leg's state */
export function assertOwnSide(leg: LegSituation, type: string): void {
  if (LEG_MOVES.some((move) => move.type === type && move.by === sideOf(leg))) return;
  throw new SeraiError('ERR_LEG_MOVE_NOT_ALLOWED', 'Only the other side of this leg can make this move.');
}

/** Whether an incoming leg still waits for its own side's work. */
export function isOpenHere(leg: LegSituation): boolean {
  return leg.direction === 'incoming' && !ENDED.includes(presentStatus(leg));
}

/** The clarification that waits for an answer from here. */
export function openClarification(leg: LegSituation): string | undefined {
  return leg.pendingTypes.includes(clarificationAnswered.type) ? undefined : leg.state?.pendingClarification;
}
