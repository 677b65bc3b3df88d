import type { z } from 'zod';
import type { ACCESS_POINT_API, PurposeCode } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { InvalidInputError } from '#libs/telemetry';
import type { AgreementRecord, Directory } from '#libs/trust';
import type { Acting } from '../officer/officer.js';

/** A request as the API has parsed it. */
export type NewRequest = z.output<typeof ACCESS_POINT_API.submitRequest.body>;

/** An addressee with the agreement that the request to it is based on; absent when the two participants have none. */
export interface BasedRecipient {
  readonly participant: string;
  readonly desk: string;
  /** ISO 3166-1 alpha-2; none for organisations. */
  readonly country?: string;
  readonly agreement?: AgreementRecord;
}

/** A request that can be sent. */
export interface CheckedRequest {
  readonly recipients: readonly BasedRecipient[];
  readonly purpose: PurposeCode;
  readonly expiresAt: Date;
}

const DEFAULT_LIFE_DAYS = 30;

/**
 * What must hold for a request to become envelopes at all: its items are numbered, it has not expired, its desks exist. Whether an agreement, a legal
 * basis and a ground of urgency allow it is decided by the hub, whose refusal is signed and can be shown to others.
 *
 * @throws SeraiError ERR_REQUEST_*
 */
export function checkRequest(
  request: NewRequest,
  { directory, participant, acting, now }: { directory: Directory; participant: string; acting: Acting; now: Date },
): CheckedRequest {
  assertItemsNumbered(request);
  const expiresAt = expiryOf(request, now);
  if (directory.deskAt(acting.desk, now)?.participant !== participant) {
    throw new SeraiError('ERR_REQUEST_SENDER_UNKNOWN', 'The directory knows no open desk of yours by this name.');
  }
  const recipients = request.recipients.map((recipient) => base(request, recipient, { directory, participant, now }));
  return { recipients, purpose: request.purpose ?? acting.purpose, expiresAt };
}

function base(
  { kind }: NewRequest,
  { participant: to, desk, agreement: agreementId }: NewRequest['recipients'][number],
  { directory, participant: from, now: at }: { directory: Directory; participant: string; now: Date },
): BasedRecipient {
  const recipient = directory.participantAt(to, at);
  if (!recipient || directory.deskAt(desk, at)?.participant !== to) {
    throw new SeraiError('ERR_REQUEST_RECIPIENT_UNKNOWN', `The directory knows no open desk ${desk} of ${to}.`);
  }
  // Where none covers the kind, the request names what there is between the two, and the hub says no to that.
  const between = directory.routesFrom(from, at).filter((route) => route.to === to);
  const named = between.find(({ agreement }) => agreement.id === agreementId) ?? between[0];
  const agreement = directory.agreementFor({ from, to, kind, at, agreementId }) ?? named?.agreement;
  return { participant: to, desk, country: recipient.country, agreement };
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
