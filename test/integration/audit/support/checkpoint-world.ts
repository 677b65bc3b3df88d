import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createLogger, Metrics } from '#libs/telemetry';
import { type TestDatabase, testDatabase } from '#libs/testing';
import {
  parseNote,
  parsePolicy,
  type VerifiedCheckpoint,
  type VerifierKey,
  verifyByPolicy,
} from '#libs/transparency-log';
import { logPolicyText } from '#libs/trust';
import { CheckpointRepository } from '../../../../apps/audit/src/checkpoint/checkpoint.repository.js';
import { CheckpointTelemetry } from '../../../../apps/audit/src/checkpoint/checkpoint.telemetry.js';
import { CheckpointTerm, type CheckpointTermOptions } from '../../../../apps/audit/src/checkpoint/checkpoint-term.js';
import type { HeldPolicy } from '../../../../apps/audit/src/checkpoint/held-policy.js';
import { auditDatabase } from '../../../../apps/audit/src/database/database-settings.js';
import { LeafRepository } from '../../../../apps/audit/src/leaf/leaf.repository.js';
import { WitnessedHead } from '../../../../apps/audit/src/progress/witnessed-head.js';
import { LogFolder } from '../../../../apps/audit/src/tile/log-folder.js';
import { TileWriter } from '../../../../apps/audit/src/tile/tile-writer.js';
import { SignerProcess } from './signer-process.js';
import { History, ORIGIN } from './test-log.js';
import { TestWitness } from './test-witness.js';

/** What the publisher of checkpoints needs around it: a database with leaves, the log's folder, the signer's process and four witnesses. */
export class CheckpointWorld {
  history = new History();
  size = 0;
  readonly stopping = new AbortController();
  readonly metrics = new Metrics();
  readonly witnessed = new WitnessedHead();
  private readonly logger = createLogger({ app: 'test', level: 'silent' });
  private readonly telemetry = new CheckpointTelemetry(this.logger, this.metrics);

  private constructor(
    readonly database: TestDatabase,
    readonly signer: SignerProcess,
    /** Of the log. */
    readonly files: string,
    readonly witnesses: readonly TestWitness[],
  ) {}

  static async begin(): Promise<CheckpointWorld> {
    const database = await testDatabase(auditDatabase(''));
    const signer = await SignerProcess.prepare();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'serai-log-'));
    const witnesses = await Promise.all(['rs', 'iq', 'bg', 'tr'].map((name) => new TestWitness(name).start()));
    for (const witness of witnesses) witness.logs = [signer.key];
    const world = new CheckpointWorld(database, signer, folder, witnesses);
    await signer.start(witnesses);
    return world;
  }

  async end(): Promise<void> {
    this.stopping.abort();
    await this.signer.remove();
    await Promise.all(this.witnesses.map((witness) => witness.stop()));
    await this.database.drop();
    await rm(this.files, { recursive: true, force: true });
  }

  witness(name: string): TestWitness {
    return this.witnesses.find((witness) => witness.name === name)!;
  }

  /** Three of four, at the addresses where the test runs them. */
  held(witnesses = this.witnesses, log = this.signer.key, former: readonly VerifierKey[] = []): HeldPolicy {
    const keys = new Map(witnesses.map(({ name, key }) => [name, key.key]));
    const policy = parsePolicy(Buffer.from(logPolicyText({ log, witnesses: keys })));
    const urls = new Map(witnesses.map(({ name, url }) => [name, url]));
    const reachable = policy.witnesses.map((witness) => ({ ...witness, url: urls.get(witness.name) }));
    return { policy, logs: [log], everLogs: [log, ...former], witnesses: reachable };
  }

  /** What a process begins with: nothing in mind. */
  term(changes: Partial<CheckpointTermOptions> = {}): CheckpointTerm {
    const { tiles, folder, repository, telemetry, witnessed } = this;
    const { signal } = this.stopping;
    const signer = this.signer.client;
    const options = { origin: ORIGIN, tiles, folder, signer, repository, telemetry, witnessed, signal };
    return new CheckpointTerm({ ...options, ...changes });
  }

  get folder(): LogFolder {
    return new LogFolder({ logFolder: this.files });
  }

  /** One that has nothing in mind. */
  get tiles(): TileWriter {
    return new TileWriter(new LeafRepository(this.database.dataSource), this.folder, this.logger);
  }

  get repository(): CheckpointRepository {
    return new CheckpointRepository(this.database.dataSource);
  }

  /** Leaves of the history, as far as the database goes. */
  get frontier() {
    return this.history.frontier(this.size);
  }

  async append(count: number): Promise<void> {
    for (let index = this.size; index < this.size + count; index += 1)
      await this.sql(
        `insert into leaf (index, entry, topic, partition, record_offset, accepted_at, message_hash)
         values ($1, $2, 'requests.submissions', 0, $1, now(), decode(repeat('00', 32), 'hex'))`,
        [index, this.history.entry(index)],
      );
    this.size += count;
  }

  /** As a superuser would: replaces every leaf by that of another history, as long as given. */
  async rewrite(history: History, size: number): Promise<void> {
    await this.asSuperuser('delete from leaf');
    this.history = history;
    this.size = 0;
    await this.append(size);
  }

  /** Past the triggers that keep rows as they are. */
  async asSuperuser(statement: string): Promise<void> {
    await this.sql(`set session_replication_role = replica; ${statement}; set session_replication_role = origin`);
  }

  sql(statement: string, parameters?: unknown[]) {
    return this.database.dataSource.query(statement, parameters);
  }

  /** What stands in the folder for everybody, verified under the policy. */
  async published(held = this.held()): Promise<VerifiedCheckpoint> {
    const bytes = await this.folder.readCheckpoint();
    if (bytes === undefined) throw new Error('nothing is published');
    const verified = verifyByPolicy(parseNote(bytes), held.policy);
    expect(verified.checkpoint.root).toEqual(this.history.root(verified.checkpoint.size));
    return verified;
  }

  async findings(): Promise<string[]> {
    const rows: { kind: string; witness: string | null }[] = await this.sql(
      'select kind, witness from finding order by id',
    );
    return rows.map(({ kind, witness }) => (witness === null ? kind : `${kind} ${witness}`));
  }

  async metric(name: string): Promise<string> {
    return (await this.metrics.registry.getSingleMetricAsString(name)).replaceAll(/^#.*\n/gm, '');
  }
}
