import path from 'node:path';
import { v7 as uuid7 } from 'uuid';
import type { SignedDirectoryChange } from '#libs/contracts';
import { type LogRecord, leafEntry } from '#libs/evidence';
import { runMigrations } from '#libs/persistence';
import { eventually } from '#libs/testing';
import { leafHash, parseCheckpoint, parseNote, serialiseVerifierKey } from '#libs/transparency-log';
import { Directory } from '#libs/trust';
import type { EarlierLog } from '../../../../apps/audit/src/epoch/earlier-log.js';
import { runFsck } from '../../../../apps/audit/src/fsck/run-fsck.js';
import { SaltWrap } from '../../../../apps/audit/src/leaf/salt-wrap.js';
import { logRecordOf } from '../../../../apps/audit/src/record/log-record-of.js';
import { LogFolder } from '../../../../apps/audit/src/tile/log-folder.js';
import { LogWorld, ORIGIN } from '../log-world.js';
import { SignerProcess } from './signer-process.js';
import { WitnessedLog } from './witnessed-log.js';

export const NEXT = 'hub.example/audit/2027';

/** A leaf with what it stands for. */
export interface OpenLeaf {
  readonly index: number;
  readonly topic: string;
  readonly place: string;
  readonly type: string | null;
  readonly envelopeId: string | null;
}

/** A log that has witnesses, and the one that goes on where it ends, with a signer and a key of its own. */
export class EpochWorld {
  private constructor(
    readonly world: LogWorld,
    readonly log: WitnessedLog,
    readonly next: SignerProcess,
    private directory: Directory,
  ) {}

  static async begin(): Promise<EpochWorld> {
    const log = await WitnessedLog.begin(await LogWorld.begin());
    return EpochWorld.around(log, log.world.community.genesis);
  }

  /** @param changes of the directory as it was published so far */
  static async around(log: WitnessedLog, changes: readonly SignedDirectoryChange[]): Promise<EpochWorld> {
    const { world } = log;
    const next = await SignerProcess.prepare(undefined, NEXT);
    for (const witness of log.witnesses) witness.logs = [log.signer.key, next.key];
    const { community } = world;
    let directory = Directory.empty(community.realm, community.roots);
    for (const change of changes) directory = await directory.apply(change);
    return new EpochWorld(world, log, next, directory);
  }

  async end(): Promise<void> {
    await this.log.end();
    await this.next.remove();
  }

  /** The chairs name the next log beside the one that there is, or alone. */
  async nameNext(alone = false): Promise<SignedDirectoryChange> {
    const { community } = this.world;
    const lines = (community.log?.policy ?? '').split('\n').filter((line) => !alone || !line.startsWith('log '));
    const policy = [`log ${serialiseVerifierKey(this.next.key)}`, ...lines].join('\n');
    const base = { id: uuid7(), realm: community.realm, effectiveFrom: new Date().toISOString() };
    const change = await community.change({ ...base, kind: 'log-policy-set', policy });
    this.directory = await community.publishChange(this.directory, change);
    return change;
  }

  /** What instances from now on keep: the log that goes on. */
  async prepareNext(changes: Partial<LogWorld['log']> = {}): Promise<void> {
    const { world, log, next } = this;
    await runMigrations(await world.database.connect({ schema: 'audit_2027' }));
    await next.start(log.witnesses);
    world.log = {
      origin: NEXT,
      schema: 'audit_2027',
      logFolder: path.join(world.community.folder, 'log-2027'),
      earlier: [this.first],
      ...changes,
    };
    world.signing = { ...world.signing, signerSocket: next.socket };
  }

  get first(): EarlierLog {
    return { origin: ORIGIN, schema: 'audit', logFolder: this.world.logFolder };
  }

  sql<Row = Record<string, unknown>>(text: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.world.database.dataSource.query(text, parameters);
  }

  /** Size under the checkpoint that a log has published. */
  async publishedSize(logFolder = this.world.log.logFolder): Promise<number> {
    const note = await new LogFolder({ logFolder }).readCheckpoint();
    return note === undefined ? 0 : parseCheckpoint(parseNote(note).text).size;
  }

  /** The log has ended, and all of it is published. */
  async ended(): Promise<number> {
    return eventually(
      async () => {
        const [end] = await this.sql<{ leaf: string }>('select leaf from audit.epoch_end');
        expect(end).toBeDefined();
        const size = Number(end!.leaf) + 1;
        expect(await this.publishedSize(this.world.logFolder)).toBe(size);
        return size;
      },
      { timeoutMs: 60_000 },
    );
  }

  /** `clean`, or what a whole fsck printed. */
  async fsck(schema: string, origin: string, logFolder: string) {
    const { world, log, next } = this;
    const { keystore } = world.community.settings('audit', '');
    const env = {
      SERAI_AUDIT_ORIGIN: origin,
      SERAI_AUDIT_LOG_FOLDER: logFolder,
      SERAI_AUDIT_SCHEMA: schema,
      SERAI_POSTGRES_URL: world.database.url,
      SERAI_KEYSTORE: keystore.path,
      SERAI_KEYSTORE_PASSPHRASE: keystore.passphrase,
    };
    const lines: string[] = [];
    const output = { out: (line: string) => void lines.push(line), err: (line: string) => void lines.push(line) };
    const key = serialiseVerifierKey((origin === NEXT ? next : log.signer).key);
    const code = await runFsck(['all', '--key', key, '--settle', '0'], env, output);
    return code === 0 ? 'clean' : lines.join('\n');
  }

  /** The leaves of a log in their order, each opened: record and salt give the entry. */
  async leaves(schema: string, origin: string): Promise<OpenLeaf[]> {
    const salts = new SaltWrap(this.world.community.services['audit']!.secret('records'), origin);
    const records = new Map((await this.world.records()).map(logRecordOf).map((record) => [placeOf(record), record]));
    const rows = await this.sql<LeafRow>(
      `select * from ${schema}.leaf join ${schema}.leaf_salt on leaf_salt.leaf = leaf.index order by index`,
    );
    return rows.map(({ index, entry, topic, partition, record_offset, wrapped, type, envelope_id }) => {
      const place = `${topic} ${partition} ${record_offset}`;
      expect(leafHash(leafEntry(records.get(place)!, salts.wrap(Number(index), wrapped)))).toEqual(leafHash(entry));
      return { index: Number(index), topic, place, type, envelopeId: envelope_id };
    });
  }

  /** Every record of every topic is in one of the logs, once; in the first one as far as it was published. */
  async expectOnce(publishedFirst: number): Promise<void> {
    await eventually(
      async () => {
        const first = (await this.leaves('audit', ORIGIN)).slice(0, publishedFirst);
        const next = await this.leaves('audit_2027', NEXT);
        const logged = [...first, ...next].map(({ place }) => place).sort();
        expect(logged).toEqual((await this.world.records()).map(logRecordOf).map(placeOf).sort());
      },
      { timeoutMs: 60_000 },
    );
  }
}

interface LeafRow {
  readonly index: string;
  readonly entry: Buffer;
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly wrapped: Buffer;
  readonly type: string | null;
  readonly envelope_id: string | null;
}

const placeOf = ({ topic, partition, offset }: LogRecord) => `${topic} ${partition} ${offset}`;
