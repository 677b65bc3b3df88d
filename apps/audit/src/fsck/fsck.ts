import type { DataSource } from 'typeorm';
import type { Keystore } from '#libs/envelope';
import type { VerifierKey } from '#libs/transparency-log';
import { LeafRepository } from '../leaf/leaf.repository.js';
import { SaltWrap } from '../leaf/salt-wrap.js';
import { RetentionRepository } from '../retention/retention.repository.js';
import type { LogFolder } from '../tile/log-folder.js';
import { DbCheck } from './db-check.js';
import { FsckRepository } from './fsck.repository.js';
import { FsckNotes, type FsckPart, type FsckPartReport } from './fsck-report.js';
import { checkPrivate } from './private-check.js';
import { checkProducers } from './producers-check.js';
import { logKeysOf, readPublishedHead, type Trust } from './published-head.js';
import { TilesCheck } from './tiles-check.js';

/** What an fsck looks at. Each is asked for by the parts that need it only. */
export interface FsckSources {
  readonly origin: string;
  readonly settleSeconds: number;
  readonly folder: () => LogFolder;
  readonly trust: () => Promise<Trust>;
  /** That the log had before. */
  readonly formerKeys: readonly VerifierKey[];
  readonly database: () => Promise<DataSource>;
  readonly keystore: () => Promise<Keystore>;
  /** Told now and then how far a part has come. */
  readonly onProgress: (part: FsckPart, leaves: number) => void;
}

/**
 * Derives one part of the log again and compares it with what is stored.
 *
 * @throws what keeps it from running
 * @example const { found, findings } = await fsck('db', sources)
 */
export async function fsck(part: FsckPart, sources: FsckSources): Promise<FsckPartReport> {
  const notes = new FsckNotes(part);
  await CHECKS[part](sources, notes);
  return notes.report;
}

const CHECKS: Readonly<Record<FsckPart, (sources: FsckSources, notes: FsckNotes) => Promise<void>>> = {
  tiles: async ({ folder, origin, trust, onProgress }, notes) => {
    const head = await readPublishedHead(folder(), origin, await trust(), notes);
    if (head === undefined) return;
    await TilesCheck.run(folder(), head, notes, (leaves) => onProgress('tiles', leaves));
  },

  db: async ({ folder, origin, trust, formerKeys, database, onProgress }, notes) => {
    // Before the database: whatever is published is in it.
    const believed = await trust();
    const head = await readPublishedHead(folder(), origin, believed, notes);
    const keys = [...logKeysOf(believed, origin), ...formerKeys];
    await FsckRepository.inSnapshot(await database(), (repository) => {
      const progress = (leaves: number) => onProgress('db', leaves);
      return new DbCheck({ repository, folder: folder(), origin, keys, head, notes, progress }).run();
    });
  },

  private: async ({ origin, database, keystore, onProgress }, notes) => {
    const salts = new SaltWrap((await keystore()).secret('records'), origin);
    const leaves = new LeafRepository(await database());
    const retention = new RetentionRepository(await database());
    await checkPrivate({ leaves, retention, salts, notes, progress: (count) => onProgress('private', count) });
  },

  producers: async ({ database, settleSeconds }, notes) => {
    await FsckRepository.inSnapshot(await database(), (repository) => checkProducers(repository, settleSeconds, notes));
  },
};
