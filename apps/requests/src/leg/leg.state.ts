import {
  clarificationAnswered,
  clarificationAsked,
  findLegMove,
  type HeaderOf,
  type LegHeader,
  type LegMove,
  type LegState,
  legAnswered,
  legClosed,
  legDelivered,
  legPartiallyAnswered,
  legRead,
  legRefused,
  type MessageContract,
  type RequestLegStatus,
  reconsiderationAsked,
  type requestSubmitted,
} from '#libs/contracts';
import type { VerifiedEnvelope } from '#libs/envelope';
import type { ErrorCode } from '#libs/errors';
import {
  type Allowance,
  deliveryInstant,
  letTimePass,
  type PassedInstant,
  pauseClock,
  resumeClock,
  startClock,
  stopClock,
  takeBackEarlyMarks,
} from './leg.clock.js';
import type { Leg } from './leg.entity.js';

/** A rule's no: the code and the sentence that the sender is told. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

export type LegMessage = VerifiedEnvelope<LegHeader>;
export type RequestHeader = HeaderOf<typeof requestSubmitted>;

/** What a move is judged by beside the leg and the message. */
export interface MoveContext {
  /** The broker's append time of the message. */
  readonly appendedAt: Date;
  /** The deadline profile in force for this leg at its delivery. */
  readonly profileAt: (leg: Leg, deliveredAt: Date) => Allowance;
}

/** An accepted move: the leg after it, and what the passing of time had done to the leg before it. */
export interface Moved {
  readonly leg: Leg;
  readonly passed: readonly PassedInstant[];
}

export const isRefusal = (result: object): result is Refusal => 'code' in result;

const ENDED: readonly RequestLegStatus[] = ['ANSWERED', 'PARTIALLY_REFUSED', 'REFUSED', 'DECLINED_UNSPECIFIED'];

/** One sentence for all who are not parties: whether a leg exists is its parties' affair. */
export const NO_SUCH_LEG = 'There is no such request leg for you. Check the leg id.';

const refuse = (code: ErrorCode, message: string): Refusal => ({ code, message });

/** The side of the leg that a message comes from, provided that it goes to the other one and names the leg's request. */
function sideOf(leg: Leg, { event }: LegMessage): LegMove['by'] | undefined {
  const { sender, recipient, requestId } = event.data.header;
  if (sender.participant !== event.source || requestId !== leg.requestId) return undefined;
  if (sender.participant === leg.requester && recipient.participant === leg.addressee) return 'REQUESTER';
  if (sender.participant === leg.addressee && recipient.participant === leg.requester) return 'ADDRESSEE';
  return undefined;
}

function unknownItem(leg: Leg, items: readonly string[]): Refusal | undefined {
  const unknown = items.find((item) => Number(item) > leg.items);
  return unknown === undefined
    ? undefined
    : refuse('ERR_LEG_ITEM_UNKNOWN', `The request has no item ${unknown}; its items are 1 to ${leg.items}.`);
}

/** When a move takes effect, and what else its contents are judged by. */
interface MoveFacts extends MoveContext {
  readonly at: Date;
  /** The sender's own time of the message. */
  readonly stated: Date;
}

type ContentsRule = (leg: Leg, header: never, facts: MoveFacts) => Leg | Refusal;

/** Schema verification has given a message of this type the header of its contract. */
function on<C extends MessageContract>(
  contract: C,
  rule: (leg: Leg, header: HeaderOf<C>, facts: MoveFacts) => Leg | Refusal,
): [string, ContentsRule] {
  return [contract.type, rule];
}

function applyAnswer(leg: Leg, { items }: { items: readonly string[] }): Leg | Refusal {
  return unknownItem(leg, items) ?? { ...leg, partlyAnswered: true };
}

/** What a message adds to the leg beside status and clock, or why it is refused although the table of moves allows it. */
const CONTENTS: ReadonlyMap<string, ContentsRule> = new Map([
  on(legDelivered, (leg, { submission }, { stated, at, profileAt }) => {
    if (submission !== leg.submission) {
      return refuse('ERR_LEG_SUBMISSION_MISMATCH', 'The statement names another envelope than the one of this leg.');
    }
    const deliveredAt = deliveryInstant(stated, leg.submittedAt, at);
    return startClock({ ...leg, deliveredAt }, deliveredAt, profileAt(leg, deliveredAt));
  }),
  on(legRead, (leg, _header, { at }) => ({ ...leg, readAt: leg.readAt ?? at })),
  on(clarificationAsked, (leg, { clarificationId }) => ({
    ...leg,
    resumeStatus: leg.status,
    pendingClarification: clarificationId,
  })),
  on(clarificationAnswered, (leg, { clarificationId }) =>
    clarificationId === leg.pendingClarification
      ? leg
      : refuse('ERR_LEG_CLARIFICATION_UNKNOWN', 'No clarification with this id is pending.'),
  ),
  on(legPartiallyAnswered, applyAnswer),
  on(legAnswered, applyAnswer),
  on(legRefused, (leg, { items }) => {
    if (items === undefined) return leg;
    if (leg.partlyAnswered) return unknownItem(leg, items) ?? leg;
    return refuse('ERR_LEG_MOVE_NOT_ALLOWED', 'Items can be refused on their own only after an answer to another one.');
  }),
  on(reconsiderationAsked, (leg, _header, { at }) => {
    if (leg.reconsidered || leg.profile === null) {
      return refuse('ERR_LEG_MOVE_NOT_ALLOWED', 'A refusal can be reconsidered only once.');
    }
    return startClock({ ...leg, reconsidered: true, endedAt: null }, at, { id: leg.profile, allowed: leg.allowed });
  }),
  on(legClosed, (leg, { outcome }) => ({ ...leg, outcome })),
]);

function statusAfter(leg: Leg, move: LegMove): RequestLegStatus {
  if (move.to === 'SAME') return leg.status;
  if (move.to === 'RESUME') return leg.resumeStatus ?? leg.status;
  return move.to === 'REFUSED' && leg.partlyAnswered ? 'PARTIALLY_REFUSED' : move.to;
}

/** What a change of status does to the clock and to an interruption. */
function enterStatus(leg: Leg, status: RequestLegStatus, at: Date): Leg {
  if (status === leg.status) return leg;
  const entered: Leg = { ...leg, status };
  if (status === 'CLARIFICATION_SOUGHT') return pauseClock(entered, at);
  const resumed = resumeClock({ ...entered, resumeStatus: null, pendingClarification: null }, at);
  if (!ENDED.includes(status) && status !== 'WITHDRAWN') return resumed;
  return { ...stopClock(resumed, at), endedAt: leg.endedAt ?? at };
}

/**
 * Judges one message about an existing leg: the leg after it, or the refusal. Time that passed before the message takes effect first. A refused message changes
 * nothing at all. ERR_LEG_NOT_A_PARTY is for the log; its sender is told what ERR_LEG_UNKNOWN says.
 */
export function moveLeg(leg: Leg, message: LegMessage, context: MoveContext): Moved | Refusal {
  const by = sideOf(leg, message);
  if (by === undefined) return refuse('ERR_LEG_NOT_A_PARTY', NO_SUCH_LEG);
  // A broker clock that was set back must not make a pause negative.
  const at = context.appendedAt > leg.movedAt ? context.appendedAt : leg.movedAt;
  const { leg: before, passed } = letTimePass(takeBackEarlyMarks(leg, at), at);
  const move = findLegMove(message.event.type, by, before.status);
  if (move === undefined) {
    const side = by === 'REQUESTER' ? 'requesting' : 'asked';
    return refuse(
      'ERR_LEG_MOVE_NOT_ALLOWED',
      `A leg that is ${before.status} cannot make this move by the ${side} side.`,
    );
  }
  const { time, type, data } = message.event;
  const facts = { ...context, at, stated: new Date(time) };
  const changed = CONTENTS.get(type)?.(before, data.header as never, facts) ?? before;
  if (isRefusal(changed)) return changed;
  const after = enterStatus(changed, statusAfter(before, move), at);
  return { leg: { ...after, version: before.version + 1, movedAt: at }, passed };
}

/** The leg that an accepted request opens. Its clock waits for the delivery. */
export function openLeg({ event, sha256 }: VerifiedEnvelope<RequestHeader>, appendedAt: Date, timeZone: string): Leg {
  const { legId, requestId, kind, priority, sender, recipient, items } = event.data.header;
  const parties = {
    requester: sender.participant,
    requesterDesk: sender.desk,
    addressee: recipient.participant,
    addresseeDesk: recipient.desk,
  };
  const asked = { id: legId, requestId, kind, priority, items, submission: sha256, timeZone, ...parties };
  const times = { submittedAt: appendedAt, movedAt: appendedAt, deliveredAt: null, readAt: null, endedAt: null };
  const clock = { profile: null, allowed: null, startedAt: null, pausedSince: null, dueAt: null, stoppedAt: null };
  return {
    ...asked,
    ...times,
    ...clock,
    version: 1,
    status: 'SUBMITTED',
    resumeStatus: null,
    clockState: 'NOT_STARTED',
    pausedMs: 0,
    warned: 0,
    overdue: false,
    excused: false,
    pendingClarification: null,
    partlyAnswered: false,
    reconsidered: false,
    outcome: null,
  };
}

const iso = (at: Date | null): string | undefined => at?.toISOString();

/** The leg as both parties see it. */
export function legStateOf(leg: Leg): LegState {
  return {
    legId: leg.id,
    requestId: leg.requestId,
    version: leg.version,
    status: leg.status,
    kind: leg.kind,
    priority: leg.priority,
    requester: { participant: leg.requester, desk: leg.requesterDesk },
    addressee: { participant: leg.addressee, desk: leg.addresseeDesk },
    submittedAt: leg.submittedAt.toISOString(),
    deliveredAt: iso(leg.deliveredAt),
    readAt: iso(leg.readAt),
    endedAt: iso(leg.endedAt),
    clock: {
      state: leg.clockState,
      profile: leg.profile ?? undefined,
      startedAt: iso(leg.startedAt),
      pausedSince: iso(leg.pausedSince),
      pausedMs: leg.pausedMs,
      dueAt: iso(leg.dueAt),
      stoppedAt: iso(leg.stoppedAt),
    },
    overdue: leg.overdue,
    excused: leg.excused,
    pendingClarification: leg.pendingClarification ?? undefined,
    reconsidered: leg.reconsidered,
    outcome: leg.outcome ?? undefined,
  };
}
