import {
  deadlineOverrun,
  deadlineWarned,
  envelopeAccepted,
  envelopeRefused,
  type HeaderOf,
  legLapsed,
  type MessageContract,
} from '#libs/contracts';
import { SeraiError, toProblem } from '#libs/errors';
import type { InstantKind, PassedInstant, WarnedPercent } from './leg.clock.js';
import type { Leg } from './leg.entity.js';
import { type LegMessage, legStateOf, type Refusal } from './leg.state.js';

/** What the service says about a leg, before it is numbered and signed. */
export interface LegEvent {
  readonly type: string;
  readonly subject: string;
  readonly header: object;
  /** The envelope that caused it; it travels beside the event, byte for byte. */
  readonly cause?: LegMessage;
}

function legEvent<C extends MessageContract>(
  contract: C,
  subject: string,
  header: HeaderOf<C> & object,
  cause?: LegMessage,
): LegEvent {
  return { type: contract.type, subject, header, ...(cause ? { cause } : {}) };
}

const partiesOf = (leg: Leg): string[] => [leg.requester, leg.addressee];

const namedEnvelope = ({ event, sha256 }: LegMessage) => ({
  id: event.id,
  type: event.type,
  source: event.source,
  sha256,
});

/** The rules accepted a message: both parties learn what the leg is now. */
export function acceptedEvent(message: LegMessage, leg: Leg, acceptedAt: Date): LegEvent {
  const header = {
    audience: partiesOf(leg),
    envelope: namedEnvelope(message),
    acceptedAt: acceptedAt.toISOString(),
    leg: legStateOf(leg),
  };
  return legEvent(envelopeAccepted, leg.id, header, message);
}

/** The rules refused a message: its sender alone learns why. A stranger learns no more about a leg that exists than about one that does not. */
export function refusedEvent(message: LegMessage, { code, message: reason }: Refusal, refusedAt: Date): LegEvent {
  const told = code === 'ERR_LEG_NOT_A_PARTY' ? 'ERR_LEG_UNKNOWN' : code;
  const header = {
    audience: [message.event.source],
    envelope: namedEnvelope(message),
    refusedAt: refusedAt.toISOString(),
    problem: toProblem(new SeraiError(told, reason)),
  };
  return legEvent(envelopeRefused, message.event.subject, header, message);
}

const PERCENT: Partial<Record<InstantKind, WarnedPercent>> = { WARN_50: 50, WARN_80: 80, WARN_100: 100 };

/** Time has done something to a leg. */
export function passedEvent({ kind, leg }: PassedInstant): LegEvent {
  const header = { audience: partiesOf(leg), leg: legStateOf(leg) };
  const percent = PERCENT[kind];
  if (percent !== undefined) return legEvent(deadlineWarned, leg.id, { ...header, percent });
  return legEvent(kind === 'LAPSE' ? legLapsed : deadlineOverrun, leg.id, header);
}
