import { v7 } from 'uuid';
import type { HeaderOf, LegHeader, MessageContract, RequestLegStatus } from '#libs/contracts';
import { legClosed, requestSubmitted } from '#libs/contracts';
import type { VerifiedEnvelope } from '#libs/envelope';
import type { Leg } from './leg.entity.js';
import type { LegMessage } from './leg.state.js';

// What the specs of this folder build on: one leg between Serbia and Iraq, and messages about it as they are after verification.

export const RS = { participant: 'urn:serai:participant:rs', desk: 'urn:serai:desk:rs:ncc' };
export const IQ = { participant: 'urn:serai:participant:iq', desk: 'urn:serai:desk:iq:ncc' };
export const TR = { participant: 'urn:serai:participant:tr', desk: 'urn:serai:desk:tr:ncc' };

const REQUEST_ID = '019ab000-0000-7000-8000-000000000001';
export const LEG_ID = '019ab000-0000-7000-8000-000000000002';
export const AGREEMENT_ID = '019ab000-0000-7000-8000-000000000003';
export const CLARIFICATION_ID = '019ab000-0000-7000-8000-000000000004';
export const PROFILE_ID = '019ab000-0000-7000-8000-000000000005';
export const SUBMISSION = 'A'.repeat(43);

export const at = (text: string): Date => new Date(text);
export const SUBMITTED_AT = at('2026-11-22T03:00:00.000Z');
export const DELIVERED_AT = at('2026-11-22T03:12:06.000Z');

type Party = typeof RS;

/** A message as it is after verification. Its sender and recipient are those of the header. */
export function verified<C extends MessageContract>(
  contract: C,
  header: HeaderOf<C> & LegHeader,
  { time = DELIVERED_AT, source = header.sender.participant, subject = header.legId } = {},
): VerifiedEnvelope<HeaderOf<C> & LegHeader> {
  return {
    jws: 'a.b.c',
    sha256: SUBMISSION,
    kid: 'B'.repeat(43),
    contract,
    event: {
      specversion: '1.0',
      id: v7(),
      source,
      type: contract.type,
      subject,
      time: time.toISOString(),
      datacontenttype: 'application/json',
      realm: 'production',
      data: { header },
    },
  };
}

/** The clear header that every message of the leg has. */
export const headerBetween = (sender: Party, recipient: Party) => ({
  requestId: REQUEST_ID,
  legId: LEG_ID,
  sender,
  recipient,
});

/** The header of an acceptable request; `changed` members replace its own. */
export function requestHeader(changed: Partial<HeaderOf<typeof requestSubmitted>> = {}) {
  return {
    ...headerBetween(RS, IQ),
    kind: 'IDENTITY' as const,
    priority: 'URGENT_DIRECT' as const,
    urgencyGround: 'DEPRIVATION_OF_LIBERTY_DECISION' as const,
    purpose: 'INVESTIGATION' as const,
    legalBasis: { code: 'MEMORANDUM' as const, agreement: AGREEMENT_ID },
    channelNature: 'INFORMAL_POLICE' as const,
    handling: 'H1' as const,
    caveats: [],
    items: 3,
    expiresAt: '2026-12-22T00:00:00.000Z',
    ...changed,
  };
}

/** Members that only some types have, with values that fit the leg of {@link legIn}. */
const EXTRAS: Record<string, object> = {
  'serai.requests.leg.delivered.v1': { submission: SUBMISSION },
  'serai.requests.leg.clarification-asked.v1': { clarificationId: CLARIFICATION_ID },
  'serai.requests.leg.clarification-answered.v1': { clarificationId: CLARIFICATION_ID },
  'serai.requests.leg.authorisation-awaited.v1': { expectedBy: '2026-11-24T00:00:00.000Z' },
  'serai.requests.leg.partially-answered.v1': { handling: 'H1', caveats: [], items: ['1'] },
  'serai.requests.leg.answered.v1': { handling: 'H1', caveats: [], items: ['1', '2', '3'] },
  'serai.requests.leg.refused.v1': { ground: 'ONGOING_INVESTIGATION' },
  [legClosed.type]: { outcome: 'IDENTIFIED' },
};

/** A message about the leg that fits it in everything but, perhaps, its time. */
export function message(
  contract: MessageContract,
  { from = IQ, to, time, extra }: { from?: Party; to?: Party; time?: Date; extra?: object } = {},
): LegMessage {
  const recipient = to ?? (from === RS ? IQ : RS);
  const header = { ...headerBetween(from, recipient), ...EXTRAS[contract.type], ...extra };
  return verified(contract as MessageContract, header as never, { time }) as LegMessage;
}

const UNDELIVERED: readonly RequestLegStatus[] = ['DRAFT', 'SUBMITTED', 'HELD_FOR_RELEASE'];
const OVER: readonly RequestLegStatus[] = [
  'ANSWERED',
  'PARTIALLY_REFUSED',
  'REFUSED',
  'DECLINED_UNSPECIFIED',
  'CLOSED',
  'WITHDRAWN',
];

/** The leg in a status, as the moves before would have left it: delivered at {@link DELIVERED_AT} with eight hours to answer. */
export function legIn(status: RequestLegStatus, changed: Partial<Leg> = {}): Leg {
  const delivered = !UNDELIVERED.includes(status);
  const over = OVER.includes(status);
  const sought = status === 'CLARIFICATION_SOUGHT';
  return {
    id: LEG_ID,
    requestId: REQUEST_ID,
    version: 1,
    status,
    resumeStatus: sought ? 'DELIVERED' : null,
    kind: 'IDENTITY',
    priority: 'URGENT_DIRECT',
    requester: RS.participant,
    requesterDesk: RS.desk,
    addressee: IQ.participant,
    addresseeDesk: IQ.desk,
    timeZone: 'Asia/Baghdad',
    items: 3,
    submission: SUBMISSION,
    submittedAt: SUBMITTED_AT,
    deliveredAt: delivered ? DELIVERED_AT : null,
    readAt: null,
    endedAt: over ? DELIVERED_AT : null,
    movedAt: delivered ? DELIVERED_AT : SUBMITTED_AT,
    clockState: delivered ? (over ? 'STOPPED' : sought ? 'PAUSED' : 'RUNNING') : 'NOT_STARTED',
    profile: delivered ? PROFILE_ID : null,
    allowed: delivered ? 'PT8H' : null,
    startedAt: delivered ? DELIVERED_AT : null,
    pausedSince: sought ? DELIVERED_AT : null,
    pausedMs: 0,
    dueAt: delivered ? at('2026-11-22T11:12:06.000Z') : null,
    stoppedAt: over ? DELIVERED_AT : null,
    warned: 0,
    overdue: false,
    excused: false,
    pendingClarification: sought ? CLARIFICATION_ID : null,
    partlyAnswered: status === 'PARTIALLY_ANSWERED' || status === 'PARTIALLY_REFUSED' || status === 'ANSWERED',
    reconsidered: false,
    outcome: status === 'CLOSED' ? 'IDENTIFIED' : null,
    ...changed,
  };
}
