import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { v7 as uuid7 } from 'uuid';
import { createKeystore, type Keystore } from '#libs/envelope';
import { messageHashOf } from '#libs/evidence';
import type { ReceivedRecord, RecordBatch } from '#libs/messaging';
import { dataSourceOptions, runMigrations } from '#libs/persistence';
import { createLogger } from '#libs/telemetry';
import { SIGNATURE_TYPE, serialiseNote, signCheckpoint, signerKey } from '#libs/transparency-log';
import { auditDatabase } from '../../../apps/audit/src/database/database-settings.js';
import { fsck } from '../../../apps/audit/src/fsck/fsck.js';
import type { FsckPart } from '../../../apps/audit/src/fsck/fsck-report.js';
import { LeafRepository } from '../../../apps/audit/src/leaf/leaf.repository.js';
import { SaltWrap } from '../../../apps/audit/src/leaf/salt-wrap.js';
import { ProducerRepository } from '../../../apps/audit/src/producer/producer.repository.js';
import { ProducerWatch } from '../../../apps/audit/src/producer/producer-watch.js';
import { SequencingRepository } from '../../../apps/audit/src/sequencing/sequencing.repository.js';
import { SequencingTerm } from '../../../apps/audit/src/sequencing/sequencing-term.js';
import { LogFolder } from '../../../apps/audit/src/tile/log-folder.js';
import { TileWriter } from '../../../apps/audit/src/tile/tile-writer.js';

const DATABASE = 'serai_bench_log';
/** About as large as an envelope of a request. */
const ENVELOPE_BYTES = 2_000;
const TOPIC = 'requests.submissions';
const ORIGIN = 'bench.example/log';

/** The sequencer of `apps/audit` on a database of its own on the measured server, fed with records as if Kafka had brought them. */
export class MeasuredLog {
  private readonly key = signerKey(ORIGIN, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);
  private readonly tiles: LogFolder;
  private readonly writer: TileWriter;
  private offset = 0n;
  private published = 0;
  private previous: string | undefined;
  private term: SequencingTerm;

  private constructor(
    private readonly adminUrl: string,
    readonly url: string,
    private readonly dataSource: DataSource,
    private readonly folder: string,
    private readonly keystore: Keystore,
  ) {
    this.term = this.newTerm(0n);
    this.tiles = new LogFolder({ logFolder: folder });
    const logger = createLogger({ app: 'bench', level: 'fatal' });
    this.writer = new TileWriter(new LeafRepository(dataSource), this.tiles, logger);
  }

  static async create(adminUrl: string): Promise<MeasuredLog> {
    await administer(adminUrl, `create database ${DATABASE}`);
    const address = new URL(adminUrl);
    address.pathname = `/${DATABASE}`;
    const dataSource = await new DataSource(dataSourceOptions(auditDatabase(address.href))).initialize();
    await runMigrations(dataSource);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'serai-bench-log-'));
    const keystore = await createKeystore(path.join(folder, 'keystore'), uuid7());
    return new MeasuredLog(adminUrl, address.href, dataSource, folder, keystore);
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
      const value = envelopeOf(key, offset, this.previous);
      this.previous = messageHashOf(value);
      return {
        topic: TOPIC,
        partition: 0,
        offset,
        key,
        value,
        headers: {},
        appendedAt: new Date(),
      };
    });
  }

  /** Writes the tiles of what has come since the last time, and a checkpoint that the log alone has signed. @returns how many leaves that were */
  async publish(): Promise<number> {
    const { frontier } = this.term.head;
    const grown = frontier.size - this.published;
    await this.writer.grow(this.published, frontier.size);
    const checkpoint = { origin: ORIGIN, size: frontier.size, root: frontier.root(), extensions: [] };
    await this.tiles.publishCheckpoint(serialiseNote(signCheckpoint(checkpoint, [this.key])));
    this.published = frontier.size;
    return grown;
  }

  /** Runs a part of fsck over everything that is published. @throws when it finds anything */
  async check(part: FsckPart): Promise<void> {
    const { found } = await fsck(part, {
      origin: ORIGIN,
      settleSeconds: 0,
      folder: () => this.tiles,
      trust: async () => ({ key: this.key.key }),
      formerKeys: [],
      database: async () => this.dataSource,
      keystore: async () => this.keystore,
      onProgress: () => undefined,
    });
    if (found > 0) throw new Error(`fsck ${part} found ${found} things in a log that nobody touched.`);
  }

  /** Of all tiles of hashes. */
  async hashTileBytes(): Promise<number> {
    const names = await readdir(path.join(this.folder, 'tile'), { recursive: true });
    const tiles = names.filter((name) => !name.startsWith('entries'));
    const stats = await Promise.all(tiles.map((name) => stat(path.join(this.folder, 'tile', name))));
    return stats.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  }

  async drop(): Promise<void> {
    await this.dataSource.destroy();
    await rm(this.folder, { recursive: true });
    await administer(this.adminUrl, `drop database ${DATABASE} with (force)`);
  }

  private newTerm(fence: bigint): SequencingTerm {
    return new SequencingTerm({
      fence,
      repository: new SequencingRepository(this.dataSource),
      leaves: new LeafRepository(this.dataSource),
      salts: new SaltWrap(this.keystore.secret('records'), ORIGIN),
      producers: new ProducerWatch(new ProducerRepository(this.dataSource)),
      onAppended: () => undefined,
      onFound: () => undefined,
    });
  }
}

function envelopeOf(id: string, offset: bigint, previous: string | undefined): Buffer {
  const event = {
    specversion: '1.0',
    id,
    source: 'urn:serai:participant:rs',
    type: 'serai.requests.leg.acknowledged.v1',
    time: new Date().toISOString(),
    producerseq: (offset + 1n).toString(),
    producerprev: previous,
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
