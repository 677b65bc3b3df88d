import { verify } from 'node:crypto';
import { SeraiError } from '#libs/errors';
import { verifyCosignature } from '../cosignature/cosignature.js';
import type { Note, NoteSignature } from './note.js';
import { isSameKey, SIGNATURE_TYPE, type VerifierKey } from './verifier-key.js';

/** A signature that verified under a known key. */
export interface VerifiedSignature {
  readonly key: VerifierKey;
  /** Of a cosignature: when it was made, seconds since 1970, by the cosigner's clock. Zero means that it says nothing of the time. */
  readonly timestamp?: number;
  /** The line itself. */
  readonly line: NoteSignature;
}

const ED25519_BYTES = 64;

/**
 * Verifies the signatures of a note by known keys. Lines of unknown keys are ignored, and so are those of keys whose type is not verified here. Every
 * line that names a known key must verify. A key counts once, with its first line, however many lines name it.
 *
 * @returns at least one signature, each of another key, in the order of the lines
 * @see https://c2sp.org/signed-note#signatures
 * @throws SeraiError ERR_LOG_SIGNATURE when a known key's signature fails, or no known key signed
 * @throws SeraiError ERR_LOG_KEY when two known keys share name and ID
 * @example const [first] = verifyNote(parseNote(bytes), [parseVerifierKey(vkey)])
 */
export function verifyNote(note: Note, known: readonly VerifierKey[]): VerifiedSignature[] {
  assertUnambiguous(known);
  const verified: VerifiedSignature[] = [];
  for (const line of note.signatures) {
    const key = known.find(({ name, keyId }) => name === line.name && keyId === line.keyId);
    if (key?.publicKey === undefined) continue;
    const signature = verifyLine(note.text, line, key, key.publicKey);
    if (!verified.some((earlier) => earlier.key === key)) verified.push(signature);
  }
  if (verified.length === 0) throw unsigned('No known key signed the note.', note.signatures);
  return verified;
}

type PublicKey = NonNullable<VerifierKey['publicKey']>;

function verifyLine(text: string, line: NoteSignature, key: VerifierKey, publicKey: PublicKey): VerifiedSignature {
  if (key.type === SIGNATURE_TYPE.ED25519) {
    const { signature } = line;
    if (signature.length === ED25519_BYTES && verify(null, Buffer.from(text), publicKey, signature)) {
      return { key, line };
    }
  } else {
    const timestamp = verifyCosignature(text, line.signature, key);
    if (timestamp !== undefined) return { key, timestamp, line };
  }
  throw unsigned('The signature of a known key does not verify.', [line]);
}

function assertUnambiguous(known: readonly VerifierKey[]): void {
  const byNameAndId = new Map<string, VerifierKey>();
  for (const key of known) {
    const id = `${key.name}+${key.keyId}`;
    const other = byNameAndId.get(id) ?? key;
    if (!isSameKey(key, other)) throw new SeraiError('ERR_LOG_KEY', `Two keys share name and ID: ${id}.`);
    byNameAndId.set(id, key);
  }
}

function unsigned(message: string, lines: readonly NoteSignature[]): SeraiError {
  return new SeraiError('ERR_LOG_SIGNATURE', message, {
    detail: { keys: lines.map(({ name, keyId }) => `${name}+${keyId}`) },
  });
}
