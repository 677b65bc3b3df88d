import fs from 'node:fs/promises';
import { LocalError } from '../local-error.js';

const GIBIBYTE = 1024 ** 3;

/** Throws a sentence when the disk under `folder` has less than `neededBytes` left. */
export async function assertDiskSpace(folder: string, neededBytes = GIBIBYTE): Promise<void> {
  const { bavail, bsize } = await fs.statfs(folder);
  const free = bavail * bsize;
  if (free >= neededBytes) return;
  throw new LocalError(
    'ERR_LOCAL_DISK_FULL',
    `The disk of ${folder} has ${gibibytes(free)} GiB left and PostgreSQL and Kafka need ${gibibytes(neededBytes)} GiB: free some space and try again.`,
  );
}

const gibibytes = (bytes: number): string => (bytes / GIBIBYTE).toFixed(1);
