import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { v7 as uuid7 } from 'uuid';
import { createKeystore } from '#libs/envelope';
import { messageHashOf } from '#libs/evidence';
import type { ReceivedRecord } from '#libs/messaging';
import { createLogger } from '#libs/telemetry';
import { type TestDatabase, testDatabase } from '#libs/testing';
import {
  Frontier,
  leafHash,
  proveInclusion,
  SIGNATURE_TYPE,
  type SignerKey,
  serialiseNote,
  serialiseVerifierKey,
  signCheckpoint,
  signerKey,
  tileHashReader,
  tilePath,
} from '#libs/transparency-log';
import { auditDatabase } from '../../../../apps/audit/src/database/database-settings.js';
import type { NewFinding } from '../../../../apps/audit/src/finding/new-finding.js';
import { runFsck } from '../../../../apps/audit/src/fsck/run-fsck.js';
import { LeafRepository } from '../../../../apps/audit/src/leaf/leaf.repository.js';
import { SaltWrap } from '../../../../apps/audit/src/leaf/salt-wrap.js';
import { ProducerRepository } from '../../../../apps/audit/src/producer/producer.repository.js';
import { ProducerWatch } from '../../../../apps/audit/src/producer/producer-watch.js';
import { runPrune } from '../../../../apps/audit/src/retention/run-prune.js';
import { SequencingRepository } from '../../../../apps/audit/src/sequencing/sequencing.repository.js';
import { SequencingTerm } from '../../../../apps/audit/src/sequencing/sequencing-term.js';
import { LogFolder } from '../../../../apps/audit/src/tile/log-folder.js';
import { TileWriter } from '../../../../apps/audit/src/tile/tile-writer.js';
import { ORIGIN } from './test-log.js';

const TOPIC = 'requests.submissions';
const PASSPHRASE = 'passphrase of a test';
export const PRODUCER = 'urn:serai:participant:rs';

/** What an fsck answered. */
export interface FsckAnswer {
  readonly code: number;
  /** `part RULE` of each finding, each once. */
  readonly rules: string[];
  readonly findings: readonly { readonly rule: string; readonly at: Record<string, string | number> }[];
  readonly looked: Record<string, Record<string, number>>;
  readonly err: string;
}

/** The log of `apps/audit` on a real PostgreSQL and a folder of its own, fed with records as if Kafka had brought them. */
export class StoredLog {
  readonly leaves: LeafRepository;
  readonly logFolder: string;
  readonly logger = createLogger({ app: 'test', level: 'fatal' });
  /** What the sequencer told of. */
  readonly found: NewFinding[] = [];
  private published = 0;
  private offset = 0n;
  private previous: string | undefined;
  /** Of the clock by which the producers are watched, in ms. */
  private now = 0;
  private readonly tiles: TileWriter;
  private term: SequencingTerm;

  private constructor(
    readonly folder: string,
    private readonly database: TestDatabase,
    readonly key: SignerKey,
    private readonly salts: SaltWrap,
  ) {
    this.logFolder = path.join(folder, 'log');
    this.leaves = new LeafRepository(database.dataSource);
    this.term = this.newTerm(0n);
    this.tiles = new TileWriter(this.leaves, new LogFolder(this), this.logger);
  }

  static async begin(): Promise<StoredLog> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'serai-log-'));
    const database = await testDatabase(auditDatabase(''));
    const keystore = await createKeystore(path.join(folder, 'audit.jwe'), PASSPHRASE);
    const key = signerKey(ORIGIN, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);
    const log = new StoredLog(folder, database, key, new SaltWrap(keystore.secret('records'), ORIGIN));
    await log.takeOver();
    return log;
  }

  /** Begins anew from what is durable, as a process does that takes over. */
  async takeOver(): Promise<void> {
    this.term = this.newTerm(await new SequencingRepository(this.database.dataSource).raiseFence());
    await this.term.begin();
  }

  /** What is missed now is looked for that many seconds later. */
  async noteGapsAfter(seconds: number): Promise<void> {
    this.now += seconds * 1_000;
    await this.term.noteGaps();
  }

  private newTerm(fence: bigint): SequencingTerm {
    const { dataSource } = this.database;
    return new SequencingTerm({
      fence,
      repository: new SequencingRepository(dataSource),
      leaves: this.leaves,
      salts: this.salts,
      producers: new ProducerWatch(new ProducerRepository(dataSource), () => this.now),
      onAppended: () => undefined,
      onFound: (findings) => void this.found.push(...findings),
    });
  }

  async end(): Promise<void> {
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get dataSource() {
    return this.database.dataSource;
  }

  get postgresUrl(): string {
    return this.database.url;
  }

  get size(): number {
    return this.term.size;
  }

  file(name: string): string {
    return path.join(this.logFolder, name);
  }

  sql<Row = Record<string, unknown>>(text: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.database.dataSource.query(text, parameters);
  }

  /** Sequences records, some at a time. */
  async sequence(records: readonly ReceivedRecord[]): Promise<void> {
    const heartbeat = async (): Promise<void> => undefined;
    await this.term.take({ topic: TOPIC, partition: 0, records, heartbeat });
  }

  /** Envelopes that nobody signed: who sequences does not verify. */
  newRecords(count: number, numbers?: readonly number[], appendedAt = new Date()): ReceivedRecord[] {
    return Array.from({ length: count }, (_, place) => {
      const offset = this.offset;
      this.offset += 1n;
      const number = numbers?.[place] ?? Number(offset) + 1;
      const envelope = envelopeOf(number, { producerprev: this.previous });
      this.previous = messageHashOf(envelope);
      return { ...recordOf(offset, envelope), appendedAt };
    });
  }

  /** The log has so many leaves more, accepted so many days ago, and they are published. */
  async grow(count: number, daysAgo = 0): Promise<void> {
    await this.sequence(this.newRecords(count, undefined, new Date(Date.now() - daysAgo * 86_400_000)));
    await this.publish();
  }

  async publish(signer = this.key): Promise<void> {
    await this.tiles.grow(this.published, this.size);
    this.published = this.size;
    const { root } = this;
    const note = serialiseNote(signCheckpoint({ origin: ORIGIN, size: this.size, root, extensions: [] }, [signer]));
    await this.sql('insert into audit.checkpoint (size, root, note) values ($1, $2, $3) on conflict do nothing', [
      this.size,
      root,
      note,
    ]);
    await new LogFolder(this).publishCheckpoint(note);
  }

  get root(): Buffer {
    return this.term.head.frontier.root();
  }

  /** Does what a superuser of the database can do: triggers refuse nothing. */
  async asSuperuser(...statements: string[]): Promise<void> {
    const tables = ['leaf', 'leaf_salt', 'log_batch', 'consumed', 'checkpoint'];
    for (const table of tables) await this.sql(`alter table audit.${table} disable trigger all`);
    for (const statement of statements) await this.sql(statement);
    for (const table of tables) await this.sql(`alter table audit.${table} enable trigger all`);
  }

  /** Rewrites all frontiers, so that the database by itself fits again. */
  async rewriteBatches(): Promise<void> {
    const batches = await this.sql<{ first_leaf: string; leaves: number }>(
      'select first_leaf, leaves from audit.log_batch order by first_leaf',
    );
    const frontier = new Frontier();
    for (const { first_leaf, leaves } of batches) {
      const entries = await this.leaves.entries(Number(first_leaf), Number(first_leaf) + leaves);
      for (const entry of entries) frontier.append(leafHash(entry));
      const hashes = Buffer.concat(frontier.hashes).toString('hex');
      await this.asSuperuser(
        `update audit.log_batch set frontier = decode('${hashes}', 'hex') where first_leaf = ${first_leaf}`,
      );
    }
  }

  /** Writes the tiles anew from the leaves in the database. */
  async rewriteTiles(): Promise<void> {
    await new TileWriter(this.leaves, new LogFolder(this), this.logger).grow(0, this.size);
  }

  /** Turns one bit of a file. */
  async damage(name: string, at = 0): Promise<void> {
    const bytes = await readFile(this.file(name));
    bytes[at] = bytes[at]! ^ 1;
    await writeFile(this.file(name), bytes);
  }

  async fsck(part: string, changes: { args?: string[]; env?: Record<string, string> } = {}): Promise<FsckAnswer> {
    const lines: string[] = [];
    const errors: string[] = [];
    const trust = changes.args ?? ['--key', serialiseVerifierKey(this.key.key)];
    const output = { out: (line: string) => void lines.push(line), err: (line: string) => void errors.push(line) };
    const code = await runFsck([part, '--json', '--settle', '0', ...trust], { ...this.env, ...changes.env }, output);
    const parts: { part: string; looked: Record<string, number>; findings: FsckAnswer['findings'] }[] =
      lines.length === 0 ? [] : JSON.parse(lines.join('')).parts;
    const rules = parts.flatMap((report) => report.findings.map(({ rule }) => `${report.part} ${rule}`));
    const looked = Object.fromEntries(parts.map((report) => [report.part, report.looked]));
    return {
      code,
      rules: [...new Set(rules)],
      findings: parts.flatMap(({ findings }) => findings),
      looked,
      err: errors.join('\n'),
    };
  }

  /** @param witnesses that the policy asks for beside the key of the log, as lines of it */
  async prune(
    args: readonly string[] = [],
    { days = '90', witnesses = 'quorum none' }: { readonly days?: string; readonly witnesses?: string } = {},
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    const policy = path.join(this.folder, 'prune-policy');
    await writeFile(policy, `log ${serialiseVerifierKey(this.key.key)}\n${witnesses}\n`);
    const [out, err]: [string[], string[]] = [[], []];
    const output = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) };
    const env = { ...this.env, ...(days === '' ? {} : { SERAI_AUDIT_RETENTION_DAYS: days }) };
    const code = await runPrune(['--policy', policy, '--json', ...args], env, output);
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  private get env(): Record<string, string> {
    return {
      SERAI_AUDIT_ORIGIN: ORIGIN,
      SERAI_AUDIT_LOG_FOLDER: this.logFolder,
      SERAI_POSTGRES_URL: this.database.url,
      SERAI_KEYSTORE: path.join(this.folder, 'audit.jwe'),
      SERAI_KEYSTORE_PASSPHRASE: PASSPHRASE,
    };
  }
}

export function recordOf(offset: bigint, value: Buffer, topic = TOPIC): ReceivedRecord {
  return { topic, partition: 0, offset, key: 'k', value, headers: {}, appendedAt: new Date() };
}

/** An envelope of {@link PRODUCER} with this number. */
export function envelopeOf(number: number, claims: object = {}): Buffer {
  const type = 'serai.requests.leg.acknowledged.v1';
  const event = { id: uuid7(), source: PRODUCER, type, producerseq: `${number}`, ...claims };
  const payload = Buffer.from(JSON.stringify(event)).toString('base64url');
  return Buffer.from(`header.${payload}.${randomBytes(64).toString('base64url')}`);
}

/** Leaves with what proves them, from the tiles as they lie there. */
export async function provenLeaves(log: StoredLog, indices: readonly number[]) {
  const folder = new LogFolder(log);
  const readHashes = tileHashReader(log.size, (tile) => readFile(log.file(tilePath(tile))).catch(() => undefined));
  return Promise.all(
    indices.map(async (index) => {
      const [entry] = await log.leaves.entries(index, index + 1);
      const proof = await proveInclusion(index, log.size, readHashes);
      return { index, entry: entry!, proof, checkpoint: await folder.readCheckpoint() };
    }),
  );
}
