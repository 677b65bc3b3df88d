import { parseCheckpoint } from '../checkpoint/checkpoint.js';
import { MAX_NOTE_BYTES, type Note, parseNote, serialiseNote } from '../note/note.js';
import { malformed, parseDecimal, parseProofLines } from '../text.js';

/** Body of an `add-checkpoint` request of c2sp.org/tlog-witness, taken apart. */
export interface AddCheckpoint {
  /** Size of the checkpoint that the proof starts from. */
  readonly oldSize: number;
  /** Consistency proof of RFC 6962 section 2.1.2, 32 bytes each. */
  readonly proof: readonly Buffer[];
  /** The new checkpoint with its signatures, not verified. */
  readonly checkpoint: Note;
}

/** Largest body of the request in bytes; refuse longer ones before reading them. */
export const MAX_ADD_CHECKPOINT_BYTES = MAX_NOTE_BYTES;

const OLD = 'old ';

/**
 * Takes a request body apart.
 *
 * @see https://c2sp.org/tlog-witness#add-checkpoint
 * @throws SeraiError ERR_LOG_MALFORMED for too many bytes, more than 63 proof lines, or what is not canonical
 * @example const { oldSize, proof, checkpoint } = parseAddCheckpoint(body)
 */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  if (body.length > MAX_ADD_CHECKPOINT_BYTES) throw malformed('request', 'size');
  const bytes = Buffer.from(body);
  const blank = bytes.indexOf('\n\n');
  if (blank === -1) throw malformed('request', 'blank line');
  const [first = '', ...hashes] = bytes.toString('latin1', 0, blank).split('\n');
  const oldSize = first.startsWith(OLD) ? parseDecimal(first.slice(OLD.length)) : undefined;
  if (oldSize === undefined) throw malformed('request', 'old size');
  const proof = parseProofLines(hashes, 'request');
  const checkpoint = parseNote(bytes.subarray(blank + 2));
  parseCheckpoint(checkpoint.text);
  return { oldSize, proof, checkpoint };
}

/**
 * The body that {@link parseAddCheckpoint} reads.
 *
 * @throws SeraiError ERR_LOG_MALFORMED when it would not come back as it is
 */
export function serialiseAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): Buffer {
  const lines = [`${OLD}${oldSize}`, ...proof.map((hash) => hash.toString('base64'))];
  const body = Buffer.concat([Buffer.from(`${lines.join('\n')}\n\n`), serialiseNote(checkpoint)]);
  parseAddCheckpoint(body);
  return body;
}
