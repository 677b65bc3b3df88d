import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import {
  type DirectoryChange,
  type HeaderOf,
  type LegHeader,
  type LegState,
  legAcknowledged,
  legAnswered,
  legDelivered,
  type MessageContract,
  OPERATIONS,
  requestSubmitted,
  TOPICS,
} from '#libs/contracts';
import { encryptContent, parseFrame, type SignedEnvelope, type VerifiedEnvelope, verifyEnvelope } from '#libs/envelope';
import { KafkaRecordProducer, MAX_RECORD_BYTES, type ReceivedRecord, TopicReader } from '#libs/messaging';
import { createApp, type ReadinessReport } from '#libs/telemetry';
import { eventually, type TestDatabase, testDatabase } from '#libs/testing';
import { Directory, signDirectoryChange } from '#libs/trust';
import { requestsDatabase } from '../../../apps/requests/src/database/database-settings.js';
import { requestsApp } from '../../../apps/requests/src/requests.app.js';
import { HubCommunity } from '../hub-community.js';

export const AGREEMENT_ID = uuid7();
/** A word that only encrypted content holds. */
export const SECRET = 'Milica Primerović';

/** An event of the service as a reader of the topic gets it. */
export interface ReadEvent {
  readonly type: string;
  readonly subject: string;
  readonly header: Record<string, unknown> & { audience: string[]; leg?: LegState; problem?: { code: string } };
  readonly envelope: VerifiedEnvelope;
  readonly cause: string | undefined;
  readonly record: ReceivedRecord;
}

/** A leg as its parties know it. */
export interface TestLeg {
  readonly requestId: string;
  readonly legId: string;
  readonly submission: SignedEnvelope;
}

export const deskOf = (id: string) => `urn:serai:desk:${id}:ncc`;

type AppOptions = ReturnType<typeof requestsApp>;

/** The requests service among real brokers, a real database and members that sign. Serbia may ask Iraq for identities; nothing else may be asked. */
export class RequestsHub {
  readonly events: ReadEvent[] = [];
  private readonly apps: NestFastifyApplication[] = [];

  private constructor(
    readonly community: HubCommunity,
    readonly database: TestDatabase,
    private directory: Directory,
    private readonly producer: KafkaRecordProducer,
    private readonly reader: TopicReader,
  ) {}

  static async found(): Promise<RequestsHub> {
    const community = await HubCommunity.found(['rs', 'iq', 'tr', 'bg'], ['requests', 'directory', OPERATIONS]);
    await community.createTopics();
    const organisation = [...(await desksOf(community)), await agreementOf(community)];
    const changes = [...community.genesis, ...organisation, await revocationOf(community, 'bg')];
    await community.publishDirectory(changes);
    let directory = Directory.empty('production', community.roots);
    for (const change of changes) directory = await directory.apply(change);
    const database = await testDatabase(requestsDatabase(''));
    const producer = new KafkaRecordProducer(community.connection());
    await producer.connect();
    const reader = new TopicReader({
      connection: community.connection(),
      topic: TOPICS.requestEvents.name,
      name: 'test',
      handle: async (record) => void hub.events.push(await hub.read(record)),
      onCrash: () => undefined,
    });
    const hub = new RequestsHub(community, database, directory, producer, reader);
    await reader.start();
    return hub;
  }

  /** Starts an instance of the service and waits until it is ready; with a consumer of the test's own, until everything but the service's consumer is. */
  async start(consumer?: AppOptions['consumer']): Promise<NestFastifyApplication> {
    const hub = this.community.settings('requests', this.database.url);
    const app = await createApp({ ...requestsApp({ hub }), ...(consumer ? { consumer } : {}) });
    this.apps.push(app);
    const unready = async () => {
      const { checks } = (await app.inject('/readyz')).json() as ReadinessReport;
      return checks.filter(({ state }) => state !== 'ready').map(({ name }) => name);
    };
    await eventually(async () => expect(await unready()).toEqual(consumer ? ['consumer'] : []), { timeoutMs: 30_000 });
    return app;
  }

  async stop(app: NestFastifyApplication): Promise<void> {
    this.apps.splice(this.apps.indexOf(app), 1);
    await app.close();
  }

  async dissolve(): Promise<void> {
    await this.reader.stop();
    for (const app of this.apps) await app.close();
    await this.producer.disconnect();
    await this.database.drop();
    await this.community.dissolve();
  }

  /** Has the directory accept one more change. */
  async accept(change: DirectoryChange): Promise<void> {
    this.directory = await this.community.publishChange(this.directory, await this.community.change(change));
  }

  /** Puts an envelope on the topic as the gateway would. */
  async send(...envelopes: readonly SignedEnvelope[]): Promise<void> {
    await Promise.all(envelopes.map(({ event, jws }) => this.sendRecord(event.subject, Buffer.from(jws))));
  }

  async sendRecord(key: string, value: Buffer): Promise<void> {
    await this.producer.send({ topic: TOPICS.requestSubmissions.name, key, value });
  }

  /** A request of one member to another; `changed` members replace those of the header. */
  async request(
    changed: Partial<HeaderOf<typeof requestSubmitted>> = {},
    { from = 'rs', to = 'iq', legId = uuid7() } = {},
  ): Promise<TestLeg> {
    const requestId = uuid7();
    const header = {
      ...this.parties(from, to),
      requestId,
      legId,
      kind: 'IDENTITY',
      priority: 'URGENT_DIRECT',
      urgencyGround: 'LIFE_OR_LIMB',
      purpose: 'INVESTIGATION',
      legalBasis: { code: 'MEMORANDUM', agreement: AGREEMENT_ID },
      channelNature: 'INFORMAL_POLICE',
      handling: 'H1',
      caveats: [],
      items: 3,
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      ...changed,
    };
    const submission = await this.envelope(requestSubmitted, from, to, header as LegHeader, { subject: SECRET });
    return { requestId, legId, submission };
  }

  /** A message about a leg by one of its parties, or by somebody who is none. */
  message(
    contract: MessageContract,
    leg: TestLeg,
    { from = 'iq', to, extra }: { from?: string; to?: string; extra?: object } = {},
  ) {
    const recipient = to ?? (from === 'rs' ? 'iq' : 'rs');
    const header = { ...this.parties(from, recipient), requestId: leg.requestId, legId: leg.legId, ...extra };
    const content = contract.contentPresence === 'required' ? { text: SECRET, language: 'sr' } : undefined;
    return this.envelope(contract, from, recipient, header, content);
  }

  delivered(leg: TestLeg): Promise<SignedEnvelope> {
    return this.message(legDelivered, leg, { extra: { submission: leg.submission.sha256 } });
  }

  acknowledged(leg: TestLeg): Promise<SignedEnvelope> {
    return this.message(legAcknowledged, leg);
  }

  answered(leg: TestLeg): Promise<SignedEnvelope> {
    return this.message(legAnswered, leg, { extra: { handling: 'H1', caveats: [], items: ['1', '2', '3'] } });
  }

  /** Waits until the service has said `count` things about a leg, and gives them. */
  eventsOf(leg: Pick<TestLeg, 'legId'>, count: number): Promise<ReadEvent[]> {
    const find = () => this.events.filter(({ subject }) => subject === leg.legId);
    return eventually(
      () => {
        expect(find().map(({ type }) => type)).toHaveLength(count);
        return find();
      },
      { timeoutMs: 20_000 },
    );
  }

  private parties(from: string, to: string) {
    return {
      sender: { participant: this.community.member(from).urn, desk: deskOf(from) },
      recipient: { participant: this.community.member(to).urn, desk: deskOf(to) },
    };
  }

  private async envelope(contract: MessageContract, from: string, to: string, header: LegHeader, plaintext?: object) {
    const member = this.community.member(from);
    const event = this.community.chained({ source: member.urn, type: contract.type, subject: header.legId, header });
    const keys = this.community.member(to).keystore.publicKeys();
    const recipients = keys.filter(({ use }) => use === 'enc');
    const content = plaintext && (await encryptContent(plaintext, event, recipients));
    return this.community.sign({ ...event, data: { ...event.data, ...(content ? { content } : {}) } }, member.keystore);
  }

  private async read(record: ReceivedRecord): Promise<ReadEvent> {
    const { eventJws, causeJws } = parseFrame(record.value, MAX_RECORD_BYTES);
    const envelope = await verifyEnvelope(eventJws, {
      realm: 'production',
      channel: 'requests.events',
      keys: this.directory.keyResolver(),
      at: record.appendedAt,
      audience: 'any',
    });
    const { type, subject, data } = envelope.event;
    return { type, subject, header: data.header as ReadEvent['header'], envelope, cause: causeJws, record };
  }
}

export const base = () =>
  ({ id: uuid7(), realm: 'production', effectiveFrom: new Date(Date.now() - 50_000).toISOString() }) as const;

function desksOf(community: HubCommunity) {
  const changes = Object.entries(community.members).flatMap(([id, { urn }]): DirectoryChange[] => {
    const agency = `urn:serai:agency:${id}:police`;
    const desk = {
      id: deskOf(id),
      agency,
      participant: urn,
      kind: 'NCC' as const,
      name: `Desk ${id}`,
      languages: ['en'],
    };
    return [
      { ...base(), kind: 'agency-registered', agency: { id: agency, participant: urn, name: `Police ${id}` } },
      { ...base(), kind: 'desk-opened', desk: { ...desk, timeZone: 'Asia/Baghdad' } },
    ];
  });
  return Promise.all(changes.map((change) => community.change(change)));
}

/** The keys of a member are in somebody else's hands. */
function revocationOf(community: HubCommunity, id: string) {
  const { kid } = community.member(id).keystore.signer();
  return community.change({ ...base(), kind: 'key-status-changed', kid, status: 'COMPROMISED' });
}

/** Every party of an agreement signs it. */
function agreementOf(community: HubCommunity) {
  const [rs, iq] = [community.member('rs'), community.member('iq')];
  const agreement = {
    id: AGREEMENT_ID,
    title: 'Memorandum of a test',
    legalBasis: 'MEMORANDUM' as const,
    grants: [{ from: rs.urn, to: iq.urn, kinds: ['IDENTITY' as const] }],
    validUntil: new Date(Date.now() + 365 * 86_400_000).toISOString(),
  };
  const signers = [rs.keystore.signer(), iq.keystore.signer()];
  return signDirectoryChange({ ...base(), kind: 'agreement-recorded', agreement }, signers);
}
