import { type KeyObject, sign, verify } from 'node:crypto';
import { SeraiError } from '#libs/errors';
import { type Checkpoint, parseCheckpoint } from '../checkpoint/checkpoint.js';
import type { NoteSignature } from '../note/note.js';
import type { SignerKey } from '../note/sign-note.js';
import { SIGNATURE_TYPE, type VerifierKey } from '../note/verifier-key.js';
import { malformed } from '../text.js';

const TIMESTAMP_BYTES = 8;
const ED25519_BYTES = 64;
const ML_DSA_44_BYTES = 2420;
const MAX_OPAQUE_BYTES = 255;

/**
 * Cosigns a checkpoint: as of this time, this is the largest consistent tree that the cosigner has seen of the log. Only a witness that has checked and
 * stored that may say so.
 *
 * @param text text of the checkpoint's note
 * @param timestamp seconds since 1970, a whole number
 * @see https://c2sp.org/tlog-cosignature
 * @throws SeraiError ERR_LOG_MALFORMED when text or time cannot be cosigned, ERR_LOG_KEY for a key of another type
 * @example const cosigned = { ...note, signatures: [...note.signatures, cosign(note.text, witness, 1679315147)] }
 */
export function cosign(text: string, { key, privateKey }: SignerKey, timestamp: number): NoteSignature {
  return cosignature(key, timestamp, sign(null, messageToSign(key, text, timestamp), privateKey));
}

/**
 * As {@link cosign}, for a private key that only its keystore touches.
 *
 * @param signMessage makes the bare signature of the key's algorithm
 * @throws SeraiError ERR_LOG_MALFORMED, ERR_LOG_KEY as `cosign`
 * @example await cosignWith(note.text, key, 1679315147, (message) => keystore.signer().sign(message))
 */
export async function cosignWith(
  text: string,
  key: VerifierKey,
  timestamp: number,
  signMessage: (message: Uint8Array) => Promise<Uint8Array>,
): Promise<NoteSignature> {
  return cosignature(key, timestamp, await signMessage(messageToSign(key, text, timestamp)));
}

function messageToSign(key: VerifierKey, text: string, timestamp: number): Buffer {
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw malformed('cosignature', 'time');
  const message = cosignedMessage(key, text, timestamp);
  if (message === undefined) throw malformed('cosignature', 'name, origin or extension lines');
  return message;
}

function cosignature({ name, keyId }: VerifierKey, timestamp: number, signature: Uint8Array): NoteSignature {
  return { name, keyId, signature: Buffer.concat([uint64(timestamp), signature]) };
}

/**
 * When the cosignature of a key over a checkpoint was made, in seconds since 1970, or undefined when it does not verify. Times beyond 2^53 - 1, which are
 * in a far future, do not verify.
 *
 * @throws SeraiError ERR_LOG_MALFORMED when the text is no checkpoint
 */
export function verifyCosignature(text: string, signed: Buffer, key: VerifierKey): number | undefined {
  if (key.publicKey === undefined || signed.length !== TIMESTAMP_BYTES + signatureBytes(key)) return undefined;
  const timestamp = Number(signed.readBigUInt64BE());
  if (!Number.isSafeInteger(timestamp)) return undefined;
  return verifyAt(text, timestamp, signed.subarray(TIMESTAMP_BYTES), key, key.publicKey) ? timestamp : undefined;
}

function verifyAt(text: string, timestamp: number, signature: Buffer, key: VerifierKey, publicKey: KeyObject): boolean {
  const message = cosignedMessage(key, text, timestamp);
  return message !== undefined && verify(null, message, publicKey, signature);
}

function signatureBytes({ type }: VerifierKey): number {
  return type === SIGNATURE_TYPE.COSIGNATURE_ML_DSA_44 ? ML_DSA_44_BYTES : ED25519_BYTES;
}

/** What is signed, or undefined when the type has no form for this checkpoint. */
function cosignedMessage(key: VerifierKey, text: string, timestamp: number): Buffer | undefined {
  const checkpoint = parseCheckpoint(text);
  switch (key.type) {
    case SIGNATURE_TYPE.COSIGNATURE_V1:
      return Buffer.from(`cosignature/v1\ntime ${timestamp}\n${text}`);
    case SIGNATURE_TYPE.COSIGNATURE_ML_DSA_44:
      return subtreeMessage(key.name, checkpoint, timestamp);
    default:
      throw new SeraiError('ERR_LOG_KEY', 'This key does not make cosignatures.');
  }
}

/**
 * `cosigned_message` of the specification, for a whole tree. It leaves the extension lines out, so that anybody could change them under a good
 * signature: such checkpoints are neither cosigned nor verified in this form.
 */
function subtreeMessage(cosigner: string, checkpoint: Checkpoint, timestamp: number): Buffer | undefined {
  const name = opaque(cosigner);
  const origin = opaque(checkpoint.origin);
  if (name === undefined || origin === undefined || checkpoint.extensions.length > 0) return undefined;
  const range = [uint64(0), uint64(checkpoint.size)];
  return Buffer.concat([Buffer.from('subtree/v1\n\0'), name, uint64(timestamp), origin, ...range, checkpoint.root]);
}

function opaque(text: string): Buffer | undefined {
  const bytes = Buffer.from(text);
  return bytes.length > MAX_OPAQUE_BYTES ? undefined : Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
