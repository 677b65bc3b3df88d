import { Injectable } from '@nestjs/common';
import {
  contactDisabled,
  deadlineOverrun,
  deadlineWarned,
  directoryChangeAccepted,
  directoryChangeRefused,
  envelopeAccepted,
  envelopeRefused,
  type FeedEntry,
  feedDisputeAnswered,
  type HeaderOf,
  type LegHeader,
  legEscalated,
  legLapsed,
  legUnopened,
  nudgesAccepted,
  nudgesRefused,
} from '#libs/contracts';
import {
  assertCause,
  claimedTime,
  decryptContent,
  isMessage,
  type VerifiedEnvelope,
  verifyEnvelope,
} from '#libs/envelope';
import { type ErrorCode, isSeraiError, type Problem, SeraiError } from '#libs/errors';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';
import { OwnEnvelopes } from '../outgoing/own-envelopes.js';
import { FeedBreak } from './feed-break.js';
import type { ReceivedContent, VerifiedFact } from './feed-fact.js';

const CHANNELS = ['requests.events', 'directory.events', 'notifications.events'] as const;

/** What an event, or the envelope beside it, fails with when its bytes are not those that were signed. */
const CHANGED_BYTES: readonly ErrorCode[] = [
  'ERR_ENVELOPE_MALFORMED',
  'ERR_ENVELOPE_HEADER',
  'ERR_ENVELOPE_SIGNATURE',
  'ERR_ENVELOPE_CAUSE',
];

/** What an event says of the envelope that caused it. */
type NamedEnvelope = HeaderOf<typeof envelopeAccepted>['envelope'];

/**
 * Verifies one entry of the feed: the service's signature and audience, the causing envelope's hash, its sender's own signature as of the time at
 * which the hub accepted it, and that both speak of the same envelope. Contents are decrypted and held against their schema.
 */
@Injectable()
export class FeedVerifier {
  constructor(
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly own: OwnEnvelopes,
  ) {}

  /**
   * @throws SeraiError ERR_ENVELOPE_*, ERR_TRUST_* when the entry does not verify; FeedBreak when its bytes are not those that the service signed:
   * then it was not the hub that said it, and the entry may come yet
   */
  async verify(entry: FeedEntry): Promise<{ subject: string; fact: VerifiedFact }> {
    const event = await this.verifyEvent(entry);
    return { subject: event.event.subject, fact: await this.factOf(event, entry.cause) };
  }

  private async factOf(event: VerifiedEnvelope, cause: string | undefined): Promise<VerifiedFact> {
    const eventJws = event.jws;
    const eventId = event.event.id;
    if (isMessage(event, envelopeAccepted)) return this.accepted(event, cause);
    if (isMessage(event, envelopeRefused)) return this.refused(event);
    if (isMessage(event, deadlineWarned) || isMessage(event, deadlineOverrun) || isMessage(event, legLapsed)) {
      return { kind: 'leg-state', eventId, eventJws, leg: event.event.data.header.leg };
    }
    if (isMessage(event, directoryChangeAccepted)) {
      const { change, version, head } = event.event.data.header;
      const acceptedAt = event.event.time;
      return { kind: 'directory-change', eventId, eventJws, change: { change, version, head }, acceptedAt };
    }
    if (isMessage(event, directoryChangeRefused)) {
      const { envelope, problem } = event.event.data.header;
      return { kind: 'decided', eventId, eventJws, envelope, decidedAt: event.event.time, problem };
    }
    if (isMessage(event, nudgesAccepted)) return this.decidedAlone(event, event.event.data.header.acceptedAt);
    if (isMessage(event, nudgesRefused)) {
      const { refusedAt, problem } = event.event.data.header;
      return this.decidedAlone(event, refusedAt, problem);
    }
    if (isMessage(event, feedDisputeAnswered)) return this.decidedAlone(event, event.event.data.header.answeredAt);
    if (isMessage(event, contactDisabled)) {
      const { desk, contact, disabledAt, reason } = event.event.data.header;
      return { kind: 'contact-disabled', eventId, contact: { eventId, desk, contact, disabledAt, reason } };
    }
    if (isMessage(event, legEscalated)) {
      const { legId, step, rung, at, onDuty } = event.event.data.header;
      return { kind: 'escalated', eventId, step: { eventId, legId, step, rung, at, onDuty } };
    }
    if (isMessage(event, legUnopened)) {
      const { legId, step, at } = event.event.data.header;
      return { kind: 'escalated', eventId, step: { eventId, legId, step, rung: 'SENDER', at } };
    }
    return { kind: 'noted', eventId };
  }

  private async verifyEvent(entry: FeedEntry): Promise<VerifiedEnvelope> {
    const { participant, realm } = this.identity;
    try {
      const event = await verifyEnvelope(entry.event, {
        realm,
        channel: CHANNELS,
        keys: this.community.current.keyResolver(),
        at: claimedTime(entry.event),
        audience: participant,
      });
      assertCause(event, entry.cause);
      return event;
    } catch (error) {
      throw isSeraiError(error, ...CHANGED_BYTES) ? new FeedBreak('CHANGED', entry) : error;
    }
  }

  private async accepted(
    { jws: eventJws, event }: VerifiedEnvelope<HeaderOf<typeof envelopeAccepted>>,
    causeJws: string | undefined,
  ): Promise<VerifiedFact> {
    const { envelope, acceptedAt, leg } = event.data.header;
    const isOwn = envelope.source === this.identity.participant;
    if (isOwn && this.isAsSigned(envelope, event.data.cause, leg.legId)) {
      return { kind: 'decided', eventId: event.id, eventJws, envelope, decidedAt: acceptedAt, leg };
    }
    const message = await this.verifyCause(causeJws, envelope, new Date(acceptedAt));
    if (message.event.subject !== leg.legId) throw contradiction('leg');
    if (isOwn) return { kind: 'decided', eventId: event.id, eventJws, envelope, decidedAt: acceptedAt, leg };
    const content = await this.readContent(message);
    return { kind: 'received', eventId: event.id, eventJws, acceptedAt, leg, message, content };
  }

  /** Bytes that were signed here a moment ago are what they were; anything else is looked at closely. */
  private isAsSigned({ id, type, sha256 }: NamedEnvelope, cause: string | undefined, legId: string): boolean {
    const own = this.own.find(sha256);
    return own !== undefined && cause === sha256 && own.id === id && own.type === type && own.legId === legId;
  }

  private refused({ jws: eventJws, event }: VerifiedEnvelope<HeaderOf<typeof envelopeRefused>>): VerifiedFact {
    const { envelope, refusedAt, problem } = event.data.header;
    if (envelope.source !== this.identity.participant) throw contradiction('refusal of another participant');
    return { kind: 'decided', eventId: event.id, eventJws, envelope, decidedAt: refusedAt, problem };
  }

  /** The answer to an own envelope that belongs to no leg. */
  private decidedAlone(
    { jws: eventJws, event }: VerifiedEnvelope<{ readonly envelope: HeaderOf<typeof nudgesAccepted>['envelope'] }>,
    decidedAt: string,
    problem?: Problem,
  ): VerifiedFact {
    const { envelope } = event.data.header;
    if (envelope.source !== this.identity.participant) throw contradiction('answer to another participant');
    return { kind: 'decided', eventId: event.id, eventJws, envelope, decidedAt, ...(problem ? { problem } : {}) };
  }

  /** The sender's own signature over its own bytes: the hub's word alone is not believed. */
  private async verifyCause(
    causeJws: string | undefined,
    named: NamedEnvelope,
    at: Date,
  ): Promise<VerifiedEnvelope<LegHeader>> {
    if (causeJws === undefined) throw contradiction('no cause');
    const { participant, realm } = this.identity;
    const message = (await verifyEnvelope(causeJws, {
      realm,
      channel: 'requests.submissions',
      // What was signed with a stolen key before anybody knew is kept, and marked when it is shown.
      keys: this.community.current.keyResolver({ compromised: true }),
      at,
      // An own envelope is addressed to the other side.
      audience: named.source === participant ? 'any' : participant,
      source: named.source,
    })) as VerifiedEnvelope<LegHeader>;
    const { id, type, subject, data } = message.event;
    if (id !== named.id || type !== named.type || message.sha256 !== named.sha256) throw contradiction('envelope');
    if (data.header.legId !== subject || data.header.sender.participant !== named.source) throw contradiction('header');
    return message;
  }

  private async readContent({ event, contract }: VerifiedEnvelope<LegHeader>): Promise<ReceivedContent> {
    const { content } = event.data;
    if (content === undefined) return { state: 'NONE' };
    try {
      const { keystore } = this.identity;
      const plaintext = await decryptContent(content, event, (kid) => keystore.decryptionKey(kid));
      const parsed = contract.content?.safeParse(plaintext);
      if (parsed?.success) return { state: 'STORED', plaintext: parsed.data };
      return { state: 'UNREADABLE', code: 'ERR_ENVELOPE_SCHEMA' };
    } catch (error) {
      if (isSeraiError(error, 'ERR_ENVELOPE_UNDECRYPTABLE')) return { state: 'UNREADABLE', code: error.code };
      throw error;
    }
  }
}

function contradiction(step: string): SeraiError {
  return new SeraiError('ERR_ENVELOPE_CAUSE', 'The event does not fit the envelope that caused it.', {
    detail: { step },
  });
}

/** Whether an event changes the directory that later entries are verified with; read before it is verified. */
export function changesDirectory({ event }: FeedEntry): boolean {
  const payload = Buffer.from(event.split('.')[1] ?? '', 'base64url').toString('latin1');
  return payload.includes(directoryChangeAccepted.type);
}
