import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import {
  ACCESS_SUBJECT,
  accessRecorded,
  type CloudEvent,
  envelopeAccepted,
  gatewayReceipt,
  legDelivered,
  legRead,
  type MessageContract,
  publicJwk,
  requestSubmitted,
} from '#libs/contracts';
import { encryptContent, type SignedEnvelope, signEnvelope } from '#libs/envelope';
import { type LogRecord, leafEntry, type MessageEvidence, type PackParts } from '#libs/evidence';
import { serialiseNote } from '#libs/transparency-log';
import { AGREEMENT, type Party, TestCommunity } from './test-community.js';
import { TestLog } from './test-log.js';

const SECOND_MS = 1_000;
/** When the exchange begins. */
export const BEGIN = Date.parse('2026-11-22T03:12:00.000Z');

/** Where a test makes an exchange differ from an honest one. */
export interface Forgery {
  /** Signs a message instead of its honest signer. */
  readonly signedBy?: (type: string) => Party | undefined;
  /** Changes an event before it is signed. */
  readonly changed?: (event: CloudEvent) => CloudEvent;
  /** Changes a record before its leaf is made. */
  readonly recorded?: (record: LogRecord) => LogRecord;
}

/** A message between its signature and its place in the log. */
interface Accepted {
  readonly signed: SignedEnvelope;
  readonly record: LogRecord;
  readonly receipt?: string;
}

/** Makes honest evidence of one leg - request, delivery, read, and the events of the hub - and dishonest evidence on demand. Every signature is real. */
export class EvidenceWorkshop {
  readonly leg = v7();
  readonly requestId = v7();
  #second = 0;
  readonly #chains = new Map<string, { sequence: number; previous: string | undefined }>();
  readonly #offsets = new Map<string, number>();

  private constructor(
    readonly log: TestLog,
    readonly community: TestCommunity,
  ) {}

  static async open(log = new TestLog('hub.example/audit/2026')): Promise<EvidenceWorkshop> {
    return new EvidenceWorkshop(log, await TestCommunity.found(log.policyText()));
  }

  get roots() {
    return this.community.roots;
  }

  /** The time after so many seconds of the exchange. */
  static at(second: number): Date {
    return new Date(BEGIN + second * SECOND_MS);
  }

  /**
   * The parts of a pack. Messages are proven under a checkpoint of its half-time, or of its end; both lead to the newest one.
   */
  async parts(forgery: Forgery = {}): Promise<Omit<PackParts, 'summaries'>> {
    const accepted = await this.#exchange(forgery);
    this.log.appendOthers(3);
    const openings = accepted.map(({ record }) => {
      const salt = randomBytes(32);
      const index = this.log.append(leafEntry(record, salt));
      this.log.appendOthers(2);
      return { index, record, salt };
    });
    const middle = openings[3]!.index + 1;
    const early = this.log.checkpoint(middle, {
      witnesses: this.log.witnesses.slice(0, 3),
      at: EvidenceWorkshop.at(60),
    });
    const earlySize = middle;
    this.log.appendOthers(40);
    const size = this.log.size;
    const newest = this.log.checkpoint(size, {
      witnesses: this.log.witnesses.slice(0, 3),
      at: EvidenceWorkshop.at(120),
    });
    const messages = await Promise.all(
      accepted.map(async ({ signed, receipt }, place): Promise<MessageEvidence> => {
        const opening = openings[place]!;
        const [note, under] = opening.index < earlySize ? [early, earlySize] : [newest, size];
        const proof = await this.log.proof(opening.index, note, under);
        return { envelope: signed.jws, ...(receipt === undefined ? {} : { receipt }), opening, proof };
      }),
    );
    const consistency = [await this.log.consistency(earlySize, size, newest)];
    const statement = await this.community.statement(EvidenceWorkshop.at(180));
    return {
      realm: this.community.realm,
      leg: this.leg,
      messages,
      logs: [{ checkpoint: serialiseNote(newest), consistency }],
      directory: { changes: this.community.changes, statement },
    };
  }

  /** A record of accesses with this header, taken by the gateway and proven to be in the log. */
  async accessRecord(
    header: Record<string, unknown>,
    {
      contract = accessRecorded,
      forgery = {},
    }: { readonly contract?: MessageContract; readonly forgery?: Forgery } = {},
  ): Promise<MessageEvidence & { readonly receipt: string }> {
    const changed = (event: CloudEvent) => ({ ...event, subject: ACCESS_SUBJECT });
    const about = { ...forgery, changed: (event: CloudEvent) => forgery.changed?.(changed(event)) ?? changed(event) };
    const { signed, record } = await this.#accept(this.community.rs, contract, header, { forgery: about });
    const salt = randomBytes(32);
    const index = this.log.append(leafEntry(record, salt));
    this.log.appendOthers(3);
    const { size } = this.log;
    const witnesses = this.log.witnesses.slice(0, 3);
    const note = this.log.checkpoint(size, { witnesses, at: EvidenceWorkshop.at(60) });
    const proof = await this.log.proof(index, note, size);
    const receipt = await this.receiptFor(signed, record.acceptedAt);
    return { envelope: signed.jws, receipt, opening: { index, record, salt }, proof };
  }

  async #exchange(forgery: Forgery): Promise<Accepted[]> {
    const { rs, iq } = this.community;
    const header = { requestId: this.requestId, legId: this.leg };
    const [sender, recipient] = [deskOf(rs), deskOf(iq)];
    const asking = { ...header, sender: { ...sender, officer: 'o-3f9a1c2e' }, recipient };
    const answering = { ...header, sender: recipient, recipient: sender };
    const request = await this.#accept(rs, requestSubmitted, { ...asking, ...ASKED }, { forgery, content: true });
    const submitted = this.#stateAt(1, 'SUBMITTED', request);
    const first = await this.#event(request, submitted, forgery);
    const submission = request.signed.sha256;
    const delivery = await this.#accept(iq, legDelivered, { ...answering, submission }, { forgery });
    const delivered = { ...this.#stateAt(2, 'DELIVERED', request), deliveredAt: delivery.record.acceptedAt };
    const second = await this.#event(delivery, delivered, forgery);
    const reader = { ...answering, sender: { ...recipient, officer: 'o-aa11bb22' } };
    const read = await this.#accept(iq, legRead, reader, { forgery });
    const third = await this.#event(read, { ...delivered, version: 3, readAt: read.record.acceptedAt }, forgery);
    return [request, first, delivery, second, read, third];
  }

  #event(cause: Accepted, leg: Record<string, unknown>, forgery: Forgery): Promise<Accepted> {
    const { event, sha256 } = cause.signed;
    const envelope = { id: event.id, type: event.type, source: event.source, sha256 };
    const audience = [this.community.rs.urn, this.community.iq.urn];
    const header = { audience, envelope, acceptedAt: cause.record.acceptedAt, leg };
    return this.#accept(this.community.requests, envelopeAccepted, header, { forgery, cause: sha256 });
  }

  #stateAt(version: number, status: string, request: Accepted): Record<string, unknown> {
    const parties = { requester: deskOf(this.community.rs), addressee: deskOf(this.community.iq) };
    const times = { submittedAt: request.record.acceptedAt, clock: { state: 'NOT_STARTED', pausedMs: 0 } };
    const marks = { overdue: false, excused: false, reconsidered: false };
    const { kind, priority } = ASKED;
    return {
      legId: this.leg,
      requestId: this.requestId,
      version,
      status,
      kind,
      priority,
      ...parties,
      ...times,
      ...marks,
    };
  }

  async #accept(
    by: Party,
    { type, channel }: MessageContract,
    header: Record<string, unknown>,
    { forgery, cause, content }: { forgery: Forgery; cause?: string; content?: boolean },
  ): Promise<Accepted> {
    this.#second += 1;
    const second = this.#second;
    const id = v7();
    const secrets = content ? { content: await someContent({ id, type, source: by.urn }) } : {};
    const honest: CloudEvent = {
      ...this.#attributes(by, id, type),
      time: EvidenceWorkshop.at(second).toISOString(),
      data: { header, ...secrets, ...(cause === undefined ? {} : { cause }) },
    };
    const event = forgery.changed?.(honest) ?? honest;
    const signed = await signEnvelope(event, (forgery.signedBy?.(type) ?? by).signer);
    this.#chains.set(by.urn, { sequence: Number(event.producerseq), previous: signed.sha256 });
    const acceptedAt = new Date(EvidenceWorkshop.at(second).getTime() + 50).toISOString();
    const record = this.#recordOf(signed, channel, acceptedAt);
    const receipt = channel === 'requests.submissions' ? { receipt: await this.receiptFor(signed, acceptedAt) } : {};
    return { signed, record: forgery.recorded?.(record) ?? record, ...receipt };
  }

  /** The gateway's word that it took an envelope. */
  async receiptFor(
    { event, sha256 }: SignedEnvelope,
    receivedAt: string,
    by = this.community.gateway,
  ): Promise<string> {
    const { id, type, source, subject } = event;
    const header = { audience: [source], envelope: { id, type, sha256 }, receivedAt };
    const { producerseq: _none, producerprev: _neither, ...attributes } = event;
    const answer: CloudEvent = {
      ...attributes,
      id: v7(),
      source: this.community.gateway.urn,
      type: gatewayReceipt.type,
      subject,
      data: { header },
    };
    return (await signEnvelope(answer, by.signer)).jws;
  }

  #attributes(by: Party, id: string, type: string): Omit<CloudEvent, 'time' | 'data'> {
    const { sequence, previous } = this.#chains.get(by.urn) ?? { sequence: 0, previous: undefined };
    return {
      specversion: '1.0',
      id,
      source: by.urn,
      type,
      subject: this.leg,
      datacontenttype: 'application/json',
      realm: this.community.realm,
      producerseq: String(sequence + 1),
      ...(previous === undefined ? {} : { producerprev: previous }),
    };
  }

  #recordOf({ event, sha256 }: SignedEnvelope, topic: string, acceptedAt: string): LogRecord {
    const offset = this.#offsets.get(topic) ?? 0;
    this.#offsets.set(topic, offset + 1);
    const { id, source: producer, producerseq: producerSequence, type } = event;
    return {
      acceptedAt,
      id,
      messageHash: sha256,
      offset: String(offset),
      partition: 2,
      producer,
      producerSequence,
      topic,
      type,
    };
  }
}

const ASKED = {
  kind: 'IDENTITY',
  priority: 'URGENT_DIRECT',
  urgencyGround: 'LIFE_OR_LIMB',
  purpose: 'INVESTIGATION',
  legalBasis: { code: 'MEMORANDUM', agreement: AGREEMENT },
  channelNature: 'INFORMAL_POLICE',
  handling: 'H1',
  caveats: [],
  items: 1,
  expiresAt: '2026-12-22T03:12:00.000Z',
};

const deskOf = ({ urn }: Party) => ({ participant: urn, desk: `urn:serai:desk:${urn.split(':').at(-1)}:ncc` });

function someContent(binding: { id: string; type: string; source: string }) {
  const jwk = publicJwk.parse(generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }));
  return encryptContent({ text: 'invented' }, binding, [{ kid: 'j4aEc7D-nz4gL6lnvKzpZLRPJP9BtFILzivHi_H8O-k', jwk }]);
}
