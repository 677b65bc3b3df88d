import { isSeraiError } from '#libs/errors';
import {
  type Checkpoint,
  type Policy,
  parseNote,
  type VerifierKey,
  verifyByPolicy,
  verifyCheckpoint,
} from '#libs/transparency-log';
import type { LogFolder } from '../tile/log-folder.js';
import type { FsckNotes } from './fsck-report.js';

/** Whose checkpoints are believed: those that a key of the log signed, or that a policy accepts with its witnesses. */
export type Trust = { readonly key: VerifierKey } | { readonly policy: Policy };

/** Head of the log as it is published; undefined with a finding when there is none to believe. */
export async function readPublishedHead(
  folder: LogFolder,
  origin: string,
  trust: Trust,
  notes: FsckNotes,
): Promise<Checkpoint | undefined> {
  const bytes = await folder.readCheckpoint();
  if (bytes === undefined) {
    notes.find('CHECKPOINT_MISSING');
    return undefined;
  }
  try {
    return verified(bytes, origin, trust);
  } catch (error) {
    if (!isSeraiError(error)) throw error;
    notes.find('CHECKPOINT_REFUSED', { code: error.code });
    return undefined;
  }
}

/** Keys with which the log may have signed. */
export function logKeysOf(trust: Trust, origin: string): readonly VerifierKey[] {
  if ('key' in trust) return [trust.key];
  return trust.policy.logs.map(({ key }) => key).filter(({ name }) => name === origin);
}

function verified(bytes: Uint8Array, origin: string, trust: Trust): Checkpoint {
  const note = parseNote(bytes);
  const { checkpoint } = verifyCheckpoint(note, { origin, logs: logKeysOf(trust, origin) });
  if ('policy' in trust) verifyByPolicy(note, trust.policy);
  return checkpoint;
}
