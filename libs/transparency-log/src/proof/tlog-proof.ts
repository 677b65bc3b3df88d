import { parseCheckpoint } from '../checkpoint/checkpoint.js';
import type { VerifiedCheckpoint } from '../checkpoint/verify-checkpoint.js';
import { MAX_NOTE_BYTES, type Note, parseNote, serialiseNote } from '../note/note.js';
import type { Policy } from '../policy/policy.js';
import { verifyByPolicy } from '../policy/quorum.js';
import { decodeBase64, malformed, parseDecimal, parseProofLines } from '../text.js';
import { verifyInclusion } from '../tree/verify-proof.js';

/** A `.tlog-proof` file, taken apart: that an entry is in a log, checkable offline. Nothing in it may be believed before {@link verifyTlogProof}. */
export interface TlogProof {
  /** Of the entry, from zero. */
  readonly index: number;
  /** Inclusion proof of RFC 6962 section 2.1.1 from the leaf's sibling up, 32 bytes each. */
  readonly proof: readonly Buffer[];
  /** The checkpoint with its signatures. */
  readonly checkpoint: Note;
  /** Opaque, and never authenticated. */
  readonly extra?: Buffer;
}

const HEADER = 'c2sp.org/tlog-proof@v1';

/**
 * Takes a proof apart.
 *
 * @see https://c2sp.org/tlog-proof#format
 * @throws SeraiError ERR_LOG_MALFORMED for more bytes than a note may have, another header, more than 63 hashes, or what is not canonical
 * @example const { index, checkpoint } = parseTlogProof(readFileSync('leg.tlog-proof'))
 */
export function parseTlogProof(bytes: Uint8Array): TlogProof {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed('proof', 'size');
  const file = Buffer.from(bytes);
  const blank = file.indexOf('\n\n');
  if (blank === -1) throw malformed('proof', 'blank line');
  const [header, ...rest] = file.toString('latin1', 0, blank).split('\n');
  if (header !== HEADER) throw malformed('proof', 'header');
  const extra = parseExtra(rest[0]);
  const [indexLine = '', ...hashes] = extra === undefined ? rest : rest.slice(1);
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice('index '.length)) : undefined;
  if (index === undefined) throw malformed('proof', 'index');
  const proof = parseProofLines(hashes, 'proof');
  const checkpoint = parseNote(file.subarray(blank + 2));
  parseCheckpoint(checkpoint.text);
  return { index, proof, checkpoint, ...(extra && { extra }) };
}

/**
 * The bytes of a `.tlog-proof` file.
 *
 * @throws SeraiError ERR_LOG_MALFORMED when they would not come back from {@link parseTlogProof}
 */
export function serialiseTlogProof({ index, proof, checkpoint, extra }: TlogProof): Buffer {
  const lines = [HEADER, ...(extra ? [`extra ${extra.toString('base64')}`] : []), `index ${index}`];
  const hashes = proof.map((hash) => hash.toString('base64'));
  const head = `${[...lines, ...hashes].join('\n')}\n\n`;
  const bytes = Buffer.concat([Buffer.from(head), serialiseNote(checkpoint)]);
  parseTlogProof(bytes);
  return bytes;
}

/**
 * Verifies that a leaf is in a log: the checkpoint under the policy, then the leaf under the checkpoint. Whoever believes several logs looks at the
 * origin of the checkpoint that comes back; the time of the cosignatures is not judged.
 *
 * @param leafHash RFC 6962 hash of the entry, 32 bytes, computed from the entry itself and never taken from the file
 * @see https://c2sp.org/tlog-proof#verifying-a-tlog-proof
 * @throws SeraiError ERR_LOG_MALFORMED, ERR_LOG_SIGNATURE, ERR_LOG_QUORUM for the checkpoint, ERR_LOG_PROOF for the leaf
 * @example verifyTlogProof(parseTlogProof(file), { leafHash, policy }).checkpoint.origin
 */
export function verifyTlogProof(
  { index, proof, checkpoint: note }: TlogProof,
  { leafHash, policy }: { readonly leafHash: Uint8Array; readonly policy: Policy },
): VerifiedCheckpoint {
  const verified = verifyByPolicy(note, policy);
  const { size, root } = verified.checkpoint;
  verifyInclusion({ index, size, leafHash, proof, root });
  return verified;
}

function parseExtra(line: string | undefined): Buffer | undefined {
  if (!line?.startsWith('extra ')) return undefined;
  const extra = decodeBase64(line.slice('extra '.length));
  if (extra === undefined || extra.length === 0) throw malformed('proof', 'extra');
  return extra;
}
