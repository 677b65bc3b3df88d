import type { LegAction, LegAttachment, LegMessage, LegState, LegSummary, LegView } from '#libs/contracts';
import { legRefused } from '#libs/contracts';
import type { Directory } from '#libs/trust';
import type { AttachmentRecord } from '../attachment/attachment.repository.js';
import type { Officer } from '../officer/officer.js';
import { reaches, reachOf } from '../officer/permission.js';
import { canMove, isOpenHere, MOVES_OF, openClarification } from './leg.moves.js';
import type { LegRecord } from './leg.repository.js';
import type { MessageRecord } from './message.repository.js';

export function legSummaryOf(leg: LegRecord, now: Date): LegSummary {
  const remainingMs = leg.state === null ? undefined : remainingOf(leg.state, now);
  return {
    legId: leg.legId,
    requestId: leg.requestId,
    direction: leg.direction,
    kind: leg.kind,
    priority: leg.priority,
    requester: { participant: leg.requesterParticipant, desk: leg.requesterDesk },
    addressee: { participant: leg.addresseeParticipant, desk: leg.addresseeDesk },
    createdAt: leg.createdAt.toISOString(),
    submission: leg.submission,
    ...(leg.problem === null ? {} : { problem: leg.problem }),
    ...(leg.state === null ? {} : { state: leg.state, status: displayedStatus(leg.state, leg.assigned) }),
    ...(remainingMs === undefined ? {} : { remainingMs }),
  };
}

/** Inside the country a leg that was taken on and given to a unit is ASSIGNED; outside it stays ACKNOWLEDGED. */
function displayedStatus(state: LegState, assigned: boolean): LegState['status'] {
  return assigned && state.status === 'ACKNOWLEDGED' ? 'ASSIGNED' : state.status;
}

/** While the clock is paused, time stands still at the beginning of the pause. */
function remainingOf({ clock }: LegState, now: Date): number | undefined {
  if (clock.dueAt === undefined) return undefined;
  if (clock.state === 'RUNNING') return Date.parse(clock.dueAt) - now.getTime();
  if (clock.state === 'PAUSED' && clock.pausedSince !== undefined) {
    return Date.parse(clock.dueAt) - Date.parse(clock.pausedSince);
  }
  return undefined;
}

/** What is to be said against the key that signed a message, as the directory knows it now. */
export function suspicionOf(
  { protected: header, decidedAt, time }: Pick<MessageRecord, 'protected' | 'decidedAt' | 'time'>,
  directory: Directory,
): LegMessage['suspicion'] {
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
  const from = directory.compromisedFrom(kid);
  // The hub's word counts, not the time in the message: a thief writes into it what he likes.
  return from === undefined || (decidedAt ?? time) < from ? undefined : { kid, compromisedFrom: from.toISOString() };
}

export function messageView(
  message: MessageRecord,
  attachments: readonly AttachmentRecord[],
  directory: Directory,
): LegMessage {
  const suspicion = suspicionOf(message, directory);
  const { envelopeId, type, direction, state, header } = message;
  return {
    envelopeId,
    type,
    direction,
    time: message.time.toISOString(),
    state,
    ...(message.problem === null ? {} : { problem: message.problem }),
    ...(message.receivedAt === null ? {} : { receivedAt: message.receivedAt.toISOString() }),
    ...(message.decidedAt === null ? {} : { decidedAt: message.decidedAt.toISOString() }),
    hasContent: message.content === 'STORED',
    ...(attachments.length === 0 ? {} : { attachments: attachments.map(attachmentView) }),
    ...(suspicion === undefined ? {} : { suspicion }),
    header,
  };
}

/** How an attachment stands, without what is secret of it. */
export function attachmentView({ attachmentId, state, bytes, carried, code }: AttachmentRecord): LegAttachment {
  return { attachmentId, state, bytes, carried, ...(code === null ? {} : { code }) };
}

/** A refusal that waits for its second supervisor, as its own side sees it. */
export type PendingRefusal = NonNullable<LegView['pendingRefusal']>;

/** What an officer may do with a leg in its present situation. */
export function actionsOf(
  officer: Officer,
  leg: LegRecord,
  here: { readonly hasContent: boolean; readonly pendingRefusal: boolean },
): LegAction[] {
  const allowed: Record<LegAction, boolean> = {
    ...movesAllowed(leg),
    answerClarification: movesAllowed(leg).answerClarification && openClarification(leg) !== undefined,
    countersignRefusal: here.pendingRefusal && canMove(leg, legRefused.type),
    readContent: here.hasContent,
    assignLeg: isOpenHere(leg),
    addNote: true,
  };
  return (Object.keys(allowed) as LegAction[]).filter((action) => {
    const reach = reachOf(officer, action);
    return allowed[action] && reach !== undefined && reaches(reach, leg);
  });
}

function movesAllowed(leg: LegRecord): Record<keyof typeof MOVES_OF, boolean> {
  const entries = Object.entries(MOVES_OF).map(([act, types]) => [act, types.some((type) => canMove(leg, type))]);
  return Object.fromEntries(entries) as Record<keyof typeof MOVES_OF, boolean>;
}
