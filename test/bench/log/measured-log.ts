import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { v7 as uuid7 } from 'uuid';
import type { ReceivedRecord, RecordBatch } from '#libs/messaging';
import { dataSourceOptions, runMigrations } from '#libs/persistence';
import { auditDatabase } from '../../../apps/audit/src/database/database-settings.js';
import { LeafRepository } from '../../../apps/audit/src/leaf/leaf.repository.js';
import { SaltWrap } from '../../../apps/audit/src/leaf/salt-wrap.js';
import { SequencingRepository } from '../../../apps/audit/src/sequencing/sequencing.repository.js';
import { SequencingTerm } from '../../../apps/audit/src/sequencing/sequencing-term.js';

const DATABASE = 'serai_bench_log';
/** About as large as an envelope of a request. */
const ENVELOPE_BYTES = 2_000;
const TOPIC = 'requests.submissions';

/** The sequencer of `apps/audit` on a database of its own on the measured server, fed with records as if Kafka had brought them. */
export class MeasuredLog {
  private offset = 0n;
  private term: SequencingTerm;

  private constructor(
    private readonly adminUrl: string,
    readonly url: string,
    private readonly dataSource: DataSource,
  ) {
    this.term = this.newTerm(0n);
  }

  static async create(adminUrl: string): Promise<MeasuredLog> {
    await administer(adminUrl, `create database ${DATABASE}`);
    const address = new URL(adminUrl);
    address.pathname = `/${DATABASE}`;
    const dataSource = await new DataSource(dataSourceOptions(auditDatabase(address.href))).initialize();
    await runMigrations(dataSource);
    return new MeasuredLog(adminUrl, address.href, dataSource);
  }

  get size(): number {
    return this.term.size;
  }

  /** Begins anew from what is durable, as a process does that takes over. */
  async begin(): Promise<void> {
    this.term = this.newTerm(await new SequencingRepository(this.dataSource).raiseFence());
    await this.term.begin();
  }

  /** Resolves when these are in the log; each batch is one transaction. */
  async append(records: readonly ReceivedRecord[]): Promise<void> {
    const heartbeat = async (): Promise<void> => undefined;
    const batch: RecordBatch = { topic: TOPIC, partition: 0, records, heartbeat };
    await this.term.take(batch);
  }

  /** Records that nobody signed: who sequences does not verify. */
  newRecords(count: number): ReceivedRecord[] {
    return Array.from({ length: count }, () => {
      const offset = this.offset;
      this.offset += 1n;
      const key = uuid7();
      return {
        topic: TOPIC,
        partition: 0,
        offset,
        key,
        value: envelopeOf(key, offset),
        headers: {},
        appendedAt: new Date(),
      };
    });
  }

  async drop(): Promise<void> {
    await this.dataSource.destroy();
    await administer(this.adminUrl, `drop database ${DATABASE} with (force)`);
  }

  private newTerm(fence: bigint): SequencingTerm {
    return new SequencingTerm({
      fence,
      repository: new SequencingRepository(this.dataSource),
      leaves: new LeafRepository(this.dataSource),
      salts: new SaltWrap(Buffer.alloc(32, 1), 'bench.example/log'),
      onAppended: () => undefined,
    });
  }
}

function envelopeOf(id: string, offset: bigint): Buffer {
  const event = {
    specversion: '1.0',
    id,
    source: 'urn:serai:participant:rs',
    type: 'serai.requests.leg.acknowledged.v1',
    producerseq: (offset + 1n).toString(),
    data: { header: {}, content: { ciphertext: '' } },
  };
  const room = (ENVELOPE_BYTES * 3) / 4 - JSON.stringify(event).length - 150;
  event.data.content.ciphertext = randomBytes(Math.floor((room * 3) / 4)).toString('base64url');
  const payload = Buffer.from(JSON.stringify(event)).toString('base64url');
  return Buffer.from(`${'h'.repeat(120)}.${payload}.${'s'.repeat(86)}`);
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
