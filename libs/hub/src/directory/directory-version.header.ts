import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedRecord } from '#libs/messaging';
import type { Directory } from '#libs/trust';
import type { HubDirectory } from './hub-directory.js';

const HEADER = 'directory-version';

/** Shorter than a consumer may stay silent; a version that nobody reaches in this time was never published. */
const PATIENCE_MS = 3_000;

/** Record header that says with which version of the directory its writer verified the record. */
export function directoryVersionHeader(directory: Directory): Record<string, string> {
  return { [HEADER]: String(directory.version) };
}

/**
 * The directory with which to verify a record: at least as new as its writer's, because a key may be used a moment after its registration, while
 * the replica here is still behind. The header only ever makes us wait; it is not believed.
 */
export async function directoryFor(record: ReceivedRecord, directory: HubDirectory): Promise<Directory> {
  const version = Number(record.headers[HEADER] ?? 0);
  if (version > directory.current.version) {
    const patience = new AbortController();
    const late = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([directory.reached(version), late]);
    patience.abort();
  }
  return directory.current;
}
