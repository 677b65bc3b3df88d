import {
  authorisationAwaited,
  clarificationAnswered,
  clarificationAsked,
  deadlineOverrun,
  deadlineWarned,
  envelopeAccepted,
  type LegState,
  legAnswered,
  legDeclined,
  legDelivered,
  legPartiallyAnswered,
  legRefused,
  reconsiderationAsked,
  requestWithdrawn,
} from '#libs/contracts';
import { isMessage, type VerifiedEnvelope } from '#libs/envelope';

/** An event after which somebody's attention is wanted at a desk, or after which it is no more. */
export interface DeskNote {
  readonly kind: 'waits' | 'seen';
  readonly legId: string;
  readonly desk: string;
  readonly urgent: boolean;
}

type Side = 'requester' | 'addressee';

/** For whom each accepted message brings work. What is not here brings none. */
const BRINGS_WORK_TO: ReadonlyMap<string, Side> = new Map([
  [legDelivered.type, 'addressee'],
  [clarificationAnswered.type, 'addressee'],
  [reconsiderationAsked.type, 'addressee'],
  [clarificationAsked.type, 'requester'],
  [authorisationAwaited.type, 'requester'],
  [legPartiallyAnswered.type, 'requester'],
  [legAnswered.type, 'requester'],
  [legRefused.type, 'requester'],
  [legDeclined.type, 'requester'],
]);

/** A warning before this share of the time is no reason to wake anybody. */
const WARNED_FROM_PERCENT = 80;

/**
 * What an event of `requests` means for the desks of its leg. A desk that says something about a leg has seen it: what waited there of this leg waits no more.
 * The delivery is the access point's own statement and says nothing about the desk.
 */
export function notesOf(envelope: VerifiedEnvelope): DeskNote[] {
  if (isMessage(envelope, envelopeAccepted)) {
    const { leg, envelope: accepted } = envelope.event.data.header;
    return notesOfMessage(leg, accepted.type, accepted.source);
  }
  if (isMessage(envelope, deadlineWarned)) {
    const { leg, percent } = envelope.event.data.header;
    return percent < WARNED_FROM_PERCENT ? [] : [note('waits', leg, 'addressee')];
  }
  if (isMessage(envelope, deadlineOverrun)) {
    const { leg } = envelope.event.data.header;
    return [note('waits', leg, 'addressee'), note('waits', leg, 'requester')];
  }
  return [];
}

/** What an event of `requests` says about whether somebody has opened an urgent leg. A leg is opened by its first reading, and by whatever else moves it on. */
export function openingOf(envelope: VerifiedEnvelope): { unopened?: LegState; opened?: string } {
  if (!isMessage(envelope, envelopeAccepted)) return {};
  const { leg, envelope: accepted } = envelope.event.data.header;
  if (!isUrgent(leg) || leg.status === 'SUBMITTED') return {};
  if (leg.status !== 'DELIVERED' || leg.readAt !== undefined) return { opened: leg.legId };
  return accepted.type === legDelivered.type ? { unopened: leg } : {};
}

function notesOfMessage(leg: LegState, type: string, source: string): DeskNote[] {
  const sender: Side = source === leg.requester.participant ? 'requester' : 'addressee';
  if (type === requestWithdrawn.type) return [note('seen', leg, 'requester'), note('seen', leg, 'addressee')];
  const seen = type === legDelivered.type ? [] : [note('seen', leg, sender)];
  const side = BRINGS_WORK_TO.get(type);
  return side === undefined ? seen : [...seen, note('waits', leg, side)];
}

function note(kind: DeskNote['kind'], leg: LegState, side: Side): DeskNote {
  return { kind, legId: leg.legId, desk: leg[side].desk, urgent: isUrgent(leg) };
}

const isUrgent = ({ priority }: LegState): boolean => priority === 'URGENT_DIRECT' || priority === 'URGENT_INDIRECT';
