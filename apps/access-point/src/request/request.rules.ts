import type { z } from 'zod';
import type { ACCESS_POINT_API, Priority, PurposeCode, RequestKind } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { InvalidInputError } from '#libs/telemetry';
import type { AgreementRecord, Directory } from '#libs/trust';
import type { Acting } from '../officer/officer.js';

/** A request as the API has parsed it. */
export type NewRequest = z.output<typeof ACCESS_POINT_API.submitRequest.body>;

/** An addressee that the rules have let through, with the agreement that covers the request. */
export interface CoveredRecipient {
  readonly participant: string;
  readonly desk: string;
  readonly agreement: AgreementRecord;
}

/** A request that may be sent. */
export interface CheckedRequest {
  readonly recipients: readonly CoveredRecipient[];
  readonly purpose: PurposeCode;
  readonly expiresAt: Date;
}

const URGENT: readonly Priority[] = ['URGENT_DIRECT', 'URGENT_INDIRECT'];

/** Kinds that only coordinators of victim support may send; none of this API's roles does. */
const RESERVED: readonly RequestKind[] = ['VICTIM_ORIGIN_SUPPORT'];

const DEFAULT_LIFE_DAYS = 30;

/**
 * The hub's rules for a new request, applied before anything is signed: officers hear at once what would come back refused, and nothing of a request
 * that no agreement covers leaves the country. The hub applies them again.
 *
 * @throws SeraiError ERR_REQUEST_* with the code that the hub would refuse with
 */
export function checkRequest(
  request: NewRequest,
  { directory, participant, acting, now }: { directory: Directory; participant: string; acting: Acting; now: Date },
): CheckedRequest {
  assertItemsNumbered(request);
  const expiresAt = expiryOf(request, now);
  if (URGENT.includes(request.priority) && request.urgencyGround === undefined) {
    throw new SeraiError('ERR_REQUEST_URGENCY_UNJUSTIFIED', 'Name the ground on which the request is urgent.');
  }
  if (RESERVED.includes(request.kind)) {
    throw new SeraiError(
      'ERR_REQUEST_KIND_RESERVED',
      `Requests of the kind ${request.kind} are for coordinators of victim support.`,
    );
  }
  if (directory.deskAt(acting.desk, now)?.participant !== participant) {
    throw new SeraiError('ERR_REQUEST_SENDER_UNKNOWN', 'The directory knows no open desk of yours by this name.');
  }
  const recipients = request.recipients.map((recipient) => cover(request, recipient, { directory, participant, now }));
  return { recipients, purpose: request.purpose ?? acting.purpose, expiresAt };
}

function cover(
  { kind }: NewRequest,
  { participant: to, desk, agreement: agreementId }: NewRequest['recipients'][number],
  { directory, participant: from, now: at }: { directory: Directory; participant: string; now: Date },
): CoveredRecipient {
  if (!directory.participantAt(to, at) || directory.deskAt(desk, at)?.participant !== to) {
    throw new SeraiError('ERR_REQUEST_RECIPIENT_UNKNOWN', `The directory knows no open desk ${desk} of ${to}.`);
  }
  const agreement = directory.agreementFor({ from, to, kind, at, agreementId });
  if (agreement) return { participant: to, desk, agreement };
  throw new SeraiError('ERR_REQUEST_NO_AGREEMENT', `No agreement in force lets you ask ${to} for ${kind}.`);
}

function expiryOf({ expiresAt }: NewRequest, now: Date): Date {
  if (expiresAt === undefined) return new Date(now.getTime() + DEFAULT_LIFE_DAYS * 86_400_000);
  if (Date.parse(expiresAt) > now.getTime()) return new Date(expiresAt);
  throw new SeraiError('ERR_REQUEST_EXPIRED', 'The request would be expired before it is sent.');
}

/** The clear header says only how many items there are, so that answers can be checked against it. */
function assertItemsNumbered({ content }: NewRequest): void {
  const wrong = content.items.findIndex(({ itemId }, index) => itemId !== String(index + 1));
  if (wrong === -1) return;
  throw new InvalidInputError([
    { path: `content.items.${wrong}.itemId`, message: 'items must be numbered 1, 2, 3 ...' },
  ]);
}
