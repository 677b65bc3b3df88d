import { decodeBase64, decodeUtf8, malformed } from '../text.js';
import { isKeyName } from './verifier-key.js';

/** Largest note in bytes. A hundred ML-DSA-44 signatures fit. */
export const MAX_NOTE_BYTES = 524_288;

/** Most signature lines of a note, known and unknown together. */
export const MAX_SIGNATURES = 100;

/** One signature line of a note, not verified. */
export interface NoteSignature {
  /** Name of the key. */
  readonly name: string;
  /** ID of the key: eight lowercase hexadecimal digits. */
  readonly keyId: string;
  /** What the type of the key makes of the text; for cosignatures with the time in front. */
  readonly signature: Buffer;
}

/** A note of c2sp.org/signed-note, taken apart. Nothing in it may be believed before `verifyNote` or what builds on it. */
export interface Note {
  /** Ends in a line feed. */
  readonly text: string;
  /** In the order of their lines; at least one. */
  readonly signatures: readonly NoteSignature[];
}

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const KEY_ID_BYTES = 4;
const SIGNATURE_LINE = /^— ([^ ]+) ([^ ]+)$/;

/**
 * Takes a note apart: text, blank line, signature lines. Whatever is accepted serialises to the very same bytes.
 *
 * @see https://c2sp.org/signed-note#format
 * @throws SeraiError ERR_LOG_MALFORMED for more than {@link MAX_NOTE_BYTES} or {@link MAX_SIGNATURES}, other bytes than UTF-8, control characters
 *   (so also for CRLF), names or base64 in another than the one canonical form
 * @example parseNote(Buffer.from('text\n\n— example.com/foo Uw2QOkn8srV1...\n')).text // 'text\n'
 */
export function parseNote(bytes: Uint8Array): Note {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed('note', 'size');
  if (bytes.some((byte) => byte < SPACE && byte !== LINE_FEED)) throw malformed('note', 'control character');
  const whole = decodeUtf8(bytes);
  if (whole === undefined) throw malformed('note', 'UTF-8');
  const blank = whole.lastIndexOf('\n\n');
  if (blank === -1) throw malformed('note', 'blank line');
  return { text: whole.slice(0, blank + 1), signatures: linesOf(whole.slice(blank + 2)).map(parseSignatureLine) };
}

/**
 * The bytes of a note.
 *
 * @throws SeraiError ERR_LOG_MALFORMED when text or signatures would not come back from {@link parseNote} as they are
 */
export function serialiseNote({ text, signatures }: Note): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${text}\n`), serialiseSignatureLines(signatures)]);
  if (parseNote(bytes).text !== text) throw malformed('note', 'text');
  return bytes;
}

/**
 * Signature lines without a note: what a witness answers (c2sp.org/tlog-witness).
 *
 * @throws SeraiError ERR_LOG_MALFORMED
 */
export function parseSignatureLines(bytes: Uint8Array): NoteSignature[] {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed('list of signatures', 'size');
  const lines = decodeUtf8(bytes);
  if (lines === undefined) throw malformed('list of signatures', 'UTF-8');
  return linesOf(lines).map(parseSignatureLine);
}

/**
 * The lines that {@link parseSignatureLines} reads.
 *
 * @throws SeraiError ERR_LOG_MALFORMED for a name or ID that would not come back as it is
 */
export function serialiseSignatureLines(signatures: readonly NoteSignature[]): Buffer {
  return Buffer.from(signatures.map((signature) => `${signatureLine(signature)}\n`).join(''));
}

function signatureLine({ name, keyId, signature }: NoteSignature): string {
  const signed = Buffer.concat([Buffer.from(keyId, 'hex'), signature]);
  const line = `— ${name} ${signed.toString('base64')}`;
  if (parseSignatureLine(line).keyId !== keyId) throw malformed('note', 'key ID');
  return line;
}

function linesOf(block: string): string[] {
  if (!block.endsWith('\n')) throw malformed('note', 'last line');
  const lines = block.slice(0, -1).split('\n', MAX_SIGNATURES + 1);
  if (lines.length > MAX_SIGNATURES) throw malformed('note', 'number of signatures');
  return lines;
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || encoded === undefined || !isKeyName(name)) throw malformed('note', 'signature line');
  const bytes = decodeBase64(encoded);
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) throw malformed('note', 'signature');
  return {
    name,
    keyId: bytes.toString('hex', 0, KEY_ID_BYTES),
    signature: bytes.subarray(KEY_ID_BYTES),
  };
}
