import { cutIntoSegments } from './segments.js';
import {
  corrupt,
  headerBytes,
  SegmentCipher,
  type StreamParameters,
  segmentBytes,
  TAG_BYTES,
} from './stream-parameters.js';

/** Bytes of an attachment's key. A key encrypts one attachment and never another. */
export const ATTACHMENT_KEY_BYTES = 32;

const PARAMETERS: StreamParameters = {
  hash: 'sha256',
  keyBytes: ATTACHMENT_KEY_BYTES,
  derivedKeyBytes: 32,
  segmentBytes: 65_536,
};

/** What the bytes belong to; decryption under another binding fails. */
export interface AttachmentBinding {
  readonly attachmentId: string;
  /** URN of the participant that sends it. */
  readonly sender: string;
}

/**
 * Encrypts a stream of bytes of any length: nonce-based STREAM of Hoang, Reyhanitabar, Rogaway and Vizár (2015) as Tink defines it under the name
 * AES-GCM-HKDF streaming (https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming), with AES-256-GCM, HKDF-SHA256 and segments of 64 KiB. The
 * binding is Tink's associated data.
 *
 * @param key {@link ATTACHMENT_KEY_BYTES} fresh random bytes
 * @example for await (const bytes of encryptAttachment(plaintext, randomBytes(32), { attachmentId, sender })) await file.write(bytes);
 */
export function encryptAttachment(
  plaintext: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  binding: AttachmentBinding,
): AsyncGenerator<Buffer, void, undefined> {
  return encryptStream(plaintext, key, associatedData(binding), PARAMETERS);
}

/**
 * Decrypts what {@link encryptAttachment} made, segment by segment; no byte comes out before its segment has been verified. Whether the stream is whole shows
 * only at its end: whoever stores the bytes keeps them only when the generator has ended without an error.
 *
 * @throws SeraiError ERR_ATTACHMENT_CORRUPT when anything was changed, moved, repeated, added or cut off, or key or binding are others
 */
export function decryptAttachment(
  ciphertext: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  binding: AttachmentBinding,
): AsyncGenerator<Buffer, void, undefined> {
  return decryptStream(ciphertext, key, associatedData(binding), PARAMETERS);
}

/** Bytes of ciphertext that so many bytes of plaintext become. */
export function ciphertextBytesOf(plaintextBytes: number): number {
  const header = headerBytes(PARAMETERS);
  const perSegment = PARAMETERS.segmentBytes - TAG_BYTES;
  const segments = Math.max(1, Math.ceil((plaintextBytes + header) / perSegment));
  return header + plaintextBytes + segments * TAG_BYTES;
}

function associatedData({ attachmentId, sender }: AttachmentBinding): Buffer {
  return Buffer.from(`serai-attachment\n${attachmentId}\n${sender}`);
}

/** {@link encryptAttachment} with parameters, associated data and (for published vectors) header of the caller's choice. */
export async function* encryptStream(
  plaintext: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  associated: Uint8Array,
  parameters: StreamParameters,
  header?: Buffer,
): AsyncGenerator<Buffer, void, undefined> {
  const cipher = header
    ? SegmentCipher.of(parameters, key, associated, header)
    : SegmentCipher.create(parameters, key, associated);
  yield cipher.header;
  const sizeOf = (index: number) => segmentBytes(parameters, index) - TAG_BYTES;
  for await (const { bytes, index, isLast } of cutIntoSegments(plaintext, sizeOf)) {
    yield cipher.seal(bytes, index, isLast);
  }
}

/** {@link decryptAttachment} with parameters and associated data of the caller's choice. */
export async function* decryptStream(
  ciphertext: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  associated: Uint8Array,
  parameters: StreamParameters,
): AsyncGenerator<Buffer, void, undefined> {
  let cipher: SegmentCipher | undefined;
  // The header is cut off as a piece of its own before the first segment.
  const sizeOf = (piece: number) => (piece === 0 ? headerBytes(parameters) : segmentBytes(parameters, piece - 1));
  for await (const { bytes, index: piece, isLast } of cutIntoSegments(ciphertext, sizeOf)) {
    if (cipher) yield cipher.open(bytes, piece - 1, isLast);
    else if (isLast) throw corrupt('header');
    else cipher = SegmentCipher.of(parameters, key, associated, bytes);
  }
}
