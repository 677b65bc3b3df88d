import { SeraiError } from '#libs/errors';
import {
  type Checkpoint,
  type Note,
  parseNote,
  serialiseNote,
  type VerifierKey,
  verifyCheckpoint,
} from '#libs/transparency-log';

/** A checkpoint under the signature of its log alone. */
export interface SignedCheckpoint {
  readonly head: Checkpoint;
  readonly note: Note;
  /** Of the note. */
  readonly bytes: Buffer;
}

/**
 * Verifies that the log signed a note; signatures of others are left out.
 *
 * @throws SeraiError ERR_LOG_ROLLBACK for anything else: what is kept of the log was changed, or its key is another
 */
export function readSigned(
  bytes: Uint8Array,
  origin: string,
  logs: readonly VerifierKey[],
  where: string,
): SignedCheckpoint {
  try {
    const note = parseNote(bytes);
    const { checkpoint: head, signatures } = verifyCheckpoint(note, { origin, logs });
    const own = { text: note.text, signatures: signatures.map(({ line }) => line) };
    return { head, note: own, bytes: serialiseNote(own) };
  } catch (cause) {
    throw new SeraiError(
      'ERR_LOG_ROLLBACK',
      `The checkpoint ${where} is not signed by the key that the log policy names for ${origin}: it was changed, or the key is another.`,
      { cause },
    );
  }
}
