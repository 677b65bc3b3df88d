import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loggedTopics, type OpenedLeaf, type SignedDirectoryChange } from '#libs/contracts';
import type { SignedEnvelope } from '#libs/envelope';
import { type LogRecord, leafEntry } from '#libs/evidence';
import { KafkaRecordProducer, type OutgoingRecord, type ReceivedRecord, TopicReader } from '#libs/messaging';
import { createApp } from '#libs/telemetry';
import { eventually, type TestDatabase, testDatabase } from '#libs/testing';
import { Frontier, leafHash } from '#libs/transparency-log';
import { auditApp } from '../../../apps/audit/src/audit.app.js';
import type { AuditConfig } from '../../../apps/audit/src/config.js';
import { auditDatabase } from '../../../apps/audit/src/database/database-settings.js';
import { SaltWrap } from '../../../apps/audit/src/leaf/salt-wrap.js';
import { logRecordOf } from '../../../apps/audit/src/record/log-record-of.js';
import { HubCommunity } from '../hub-community.js';

export const ORIGIN = 'hub.example/audit/2026';

/** A leaf as it stands in the database. */
interface LeafRow {
  readonly index: string;
  readonly entry: Buffer;
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly accepted_at: Date;
  readonly message_hash: Buffer;
  readonly envelope_id: string | null;
  readonly type: string | null;
  readonly producer: string | null;
  readonly producer_sequence: string | null;
  readonly wrapped: Buffer | null;
}

/** Audit on real Kafka and PostgreSQL, and whoever writes what it sequences. */
export class LogWorld {
  private readonly apps: NestFastifyApplication[] = [];

  get logFolder(): string {
    return path.join(this.community.folder, 'log');
  }

  /** The log that instances start with. */
  log: Pick<AuditConfig, 'origin' | 'schema' | 'logFolder' | 'earlier' | 'next' | 'unclosed'>;

  /** Nobody signs, unless a test says who. */
  signing: Pick<AuditConfig, 'signerSocket' | 'witnesses'> = { signerSocket: '/nowhere', witnesses: new Map() };

  private constructor(
    readonly community: HubCommunity,
    readonly database: TestDatabase,
    readonly producer: KafkaRecordProducer,
  ) {
    this.log = { origin: ORIGIN, schema: 'audit', logFolder: this.logFolder, earlier: [] };
  }

  /**
   * Nothing is sequenced before an instance {@link start}s.
   *
   * @param community founded, with nothing published yet
   * @param changes of its directory behind the founding ones
   */
  static async begin(community?: HubCommunity, changes: readonly SignedDirectoryChange[] = []): Promise<LogWorld> {
    community ??= await HubCommunity.found(['rs', 'iq'], ['directory', 'audit', 'operations']);
    await community.createTopics();
    await community.publishDirectory([...community.genesis, ...changes]);
    const producer = new KafkaRecordProducer(community.connection());
    await producer.connect();
    return new LogWorld(community, await testDatabase(auditDatabase('')), producer);
  }

  async end(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await this.producer.disconnect();
    await this.database.drop();
    await this.community.dissolve();
  }

  /** One more instance, that may not become ready. */
  async launch(): Promise<NestFastifyApplication> {
    const hub = this.community.settings('audit', this.database.url);
    const app = await createApp(auditApp({ hub, ...this.log, ...this.signing }));
    this.apps.push(app);
    return app;
  }

  /** One more instance. */
  async start(): Promise<NestFastifyApplication> {
    const app = await this.launch();
    const ready = async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: true });
    await eventually(ready, { timeoutMs: 20_000 });
    return app;
  }

  async stop(app: NestFastifyApplication): Promise<void> {
    this.apps.splice(this.apps.indexOf(app), 1);
    await app.close();
  }

  /** Small envelopes, one per key. */
  async submit(count: number): Promise<OutgoingRecord[]> {
    const records: OutgoingRecord[] = [];
    for (let number = 0; number < count; number += 1) {
      const { jws, event } = await this.community.submission('rs', 'iq');
      records.push({ topic: 'requests.submissions', key: event.subject, value: Buffer.from(jws) });
    }
    await Promise.all(records.map((record) => this.producer.send(record)));
    return records;
  }

  async leaves(): Promise<LeafRow[]> {
    return this.database.dataSource.query(
      'select * from audit.leaf left join audit.leaf_salt on leaf_salt.leaf = leaf.index order by index',
    );
  }

  async size(): Promise<number> {
    const [row] = await this.database.dataSource.query('select count(*)::integer as size from audit.leaf');
    return row.size;
  }

  async findings(): Promise<{ kind: string; topic: string }[]> {
    return this.database.dataSource.query('select kind, topic from audit.finding order by id');
  }

  /** Everything that the topics hold. */
  async records(): Promise<ReceivedRecord[]> {
    const read = await Promise.all(loggedTopics().map(({ name }) => this.readAll(name)));
    return read.flat();
  }

  private async readAll(topic: string): Promise<ReceivedRecord[]> {
    const records: ReceivedRecord[] = [];
    const failed = Promise.withResolvers<never>();
    const handle = async (record: ReceivedRecord) => void records.push(record);
    const reader = new TopicReader({
      connection: this.community.connection(),
      topic,
      name: 'test',
      handle,
      onCrash: failed.reject,
    });
    await reader.start();
    await Promise.race([reader.caughtUp(), failed.promise]);
    await reader.stop();
    return records;
  }

  /** Every record has exactly one leaf, every leaf opens to its record, and the stored frontier is that of the leaves. */
  async expectWhole(): Promise<void> {
    const expected = withoutRepeats((await this.records()).map(logRecordOf));
    await eventually(async () => expect(await this.size()).toBe(expected.length), { timeoutMs: 60_000 });
    const leaves = await this.leaves();
    expect(leaves.map(({ index }) => Number(index))).toEqual(leaves.map((_, index) => index));
    const byPlace = new Map(expected.map((record) => [placeOf(record), record]));
    const salts = new SaltWrap((await this.keystore()).secret('records'), ORIGIN);
    const frontier = new Frontier();
    for (const leaf of leaves) {
      const record = byPlace.get(`${leaf.topic} ${leaf.partition} ${leaf.record_offset}`);
      expect(leafEntry(record!, salts.wrap(Number(leaf.index), leaf.wrapped!))).toEqual(leaf.entry);
      frontier.append(leafHash(leaf.entry));
    }
    const [head] = await this.database.dataSource.query(
      'select * from audit.log_batch order by first_leaf desc limit 1',
    );
    expect(Number(head.first_leaf) + head.leaves).toBe(leaves.length);
    expect(head.frontier).toEqual(Buffer.concat(frontier.hashes));
  }

  /** An opening is that of the envelope's leaf. */
  async expectOpens({ index, record, salt }: OpenedLeaf, { sha256 }: SignedEnvelope): Promise<void> {
    expect(record.messageHash).toBe(sha256);
    const [leaf] = (await this.leaves()).slice(index, index + 1);
    expect(leafEntry(record, Buffer.from(salt, 'base64url'))).toEqual(leaf!.entry);
  }

  private async keystore() {
    return this.community.services['audit']!;
  }
}

const placeOf = ({ topic, partition, offset }: LogRecord) => `${topic} ${partition} ${offset}`;

/** The first of each envelope on a topic; whatever holds none counts each time. */
function withoutRepeats(records: readonly LogRecord[]): LogRecord[] {
  const first = new Map<string, LogRecord>();
  for (const record of records) {
    const { topic, id, messageHash } = record;
    const key = id === undefined ? placeOf(record) : `${topic} ${id} ${messageHash}`;
    if (!first.has(key)) first.set(key, record);
  }
  return [...first.values()];
}
