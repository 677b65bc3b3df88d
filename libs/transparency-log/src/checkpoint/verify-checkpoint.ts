import { SeraiError } from '#libs/errors';
import type { Note } from '../note/note.js';
import { type SignerKey, signNote } from '../note/sign-note.js';
import { isSameKey, type VerifierKey } from '../note/verifier-key.js';
import { type VerifiedSignature, verifyNote } from '../note/verify-note.js';
import { type Checkpoint, parseCheckpoint, serialiseCheckpoint } from './checkpoint.js';

/** Which log is believed, and whose signatures are known. */
export interface CheckpointKeys {
  readonly origin: string;
  /** Keys that are trusted for this origin. Their names should be the origin, but some logs sign under another name. */
  readonly logs: readonly VerifierKey[];
  readonly witnesses?: readonly VerifierKey[];
}

/** A checkpoint that its log signed. */
export interface VerifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  /** The log's own signatures, at least one. */
  readonly signatures: readonly VerifiedSignature[];
  /** Those of known witnesses, each once. */
  readonly cosignatures: readonly VerifiedSignature[];
}

/**
 * Signs the head of a log with the log's keys.
 *
 * @throws SeraiError ERR_LOG_MALFORMED, ERR_LOG_KEY
 * @example serialiseNote(signCheckpoint({ origin: 'hub.example/audit/2026', size, root, extensions: [] }, [signer]))
 */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly SignerKey[]): Note {
  return signNote(serialiseCheckpoint(checkpoint), signers);
}

/**
 * Verifies that a note is a checkpoint of a log, signed by a key of that log, and says which witnesses cosigned it. How many are enough is for a policy
 * to say: `verifyByPolicy`.
 *
 * @see https://c2sp.org/tlog-checkpoint
 * @throws SeraiError ERR_LOG_MALFORMED when the text is no checkpoint
 * @throws SeraiError ERR_LOG_SIGNATURE when it is of another log, no key of the log signed it, or the signature of any known key fails
 * @example const { checkpoint } = verifyCheckpoint(parseNote(bytes), { origin, logs: [parseVerifierKey(vkey)] })
 */
export function verifyCheckpoint(note: Note, { origin, logs, witnesses = [] }: CheckpointKeys): VerifiedCheckpoint {
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== origin) throw unsigned('The checkpoint is of another log.');
  const verified = verifyNote(note, [...logs, ...witnesses]);
  const madeBy = (keys: readonly VerifierKey[]) =>
    verified.filter(({ key }) => keys.some((other) => isSameKey(key, other)));
  const signatures = madeBy(logs);
  if (signatures.length === 0) throw unsigned('No known key of its log signed the checkpoint.');
  return { checkpoint, note, signatures, cosignatures: madeBy(witnesses) };
}

function unsigned(message: string): SeraiError {
  return new SeraiError('ERR_LOG_SIGNATURE', message);
}
