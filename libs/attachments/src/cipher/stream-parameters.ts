import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { SeraiError } from '#libs/errors';

/** What the format leaves open; both sides must agree. */
export interface StreamParameters {
  readonly hash: 'sha1' | 'sha256' | 'sha512';
  /** Bytes of the key that the two sides share. */
  readonly keyBytes: number;
  /** Bytes of the AES key that is derived from it for one stream, and of the salt. */
  readonly derivedKeyBytes: 16 | 32;
  /** Bytes of one segment of ciphertext, with its tag; the first one shares them with the header. */
  readonly segmentBytes: number;
}

export const TAG_BYTES = 16;
const PREFIX_BYTES = 7;
const MAX_SEGMENTS = 0xffff_ffff;

/** Bytes before the first segment: own length, salt, nonce prefix. */
export function headerBytes({ derivedKeyBytes }: StreamParameters): number {
  return 1 + derivedKeyBytes + PREFIX_BYTES;
}

/** Bytes of ciphertext, tag included, that a full segment holds. */
export function segmentBytes(parameters: StreamParameters, index: number): number {
  return index === 0 ? parameters.segmentBytes - headerBytes(parameters) : parameters.segmentBytes;
}

/** One stream's key and nonces: whoever holds it encrypts or decrypts segment by segment. */
export class SegmentCipher {
  private constructor(
    private readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm',
    private readonly key: Uint8Array,
    private readonly prefix: Uint8Array,
    readonly header: Buffer,
  ) {}

  /** For a new stream, under a fresh salt and a fresh nonce prefix. */
  static create(parameters: StreamParameters, key: Uint8Array, associated: Uint8Array): SegmentCipher {
    const random = randomBytes(parameters.derivedKeyBytes + PREFIX_BYTES);
    const header = Buffer.concat([Buffer.of(headerBytes(parameters)), random]);
    return SegmentCipher.of(parameters, key, associated, header);
  }

  /** For the stream that has this header. */
  static of(parameters: StreamParameters, key: Uint8Array, associated: Uint8Array, header: Buffer): SegmentCipher {
    const { derivedKeyBytes, hash, keyBytes } = parameters;
    if (key.byteLength !== keyBytes || header.byteLength !== headerBytes(parameters) || header[0] !== header.length) {
      throw corrupt('header');
    }
    const salt = header.subarray(1, 1 + derivedKeyBytes);
    const derived = new Uint8Array(hkdfSync(hash, key, salt, associated, derivedKeyBytes));
    const algorithm = derivedKeyBytes === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
    return new SegmentCipher(algorithm, derived, header.subarray(1 + derivedKeyBytes), header);
  }

  seal(plaintext: Uint8Array, index: number, isLast: boolean): Buffer {
    const cipher = createCipheriv(this.algorithm, this.key, this.nonce(index, isLast), { authTagLength: TAG_BYTES });
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws SeraiError ERR_ATTACHMENT_CORRUPT when the segment is not the one that was sealed for this place */
  open(segment: Uint8Array, index: number, isLast: boolean): Buffer {
    const end = segment.byteLength - TAG_BYTES;
    if (end < 0) throw corrupt('length', index);
    try {
      const nonce = this.nonce(index, isLast);
      const decipher = createDecipheriv(this.algorithm, this.key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(segment.subarray(end));
      return Buffer.concat([decipher.update(segment.subarray(0, end)), decipher.final()]);
    } catch (cause) {
      throw corrupt('tag', index, cause);
    }
  }

  /** Prefix, counter, mark of the last segment: what the order, the number and the end of the segments hang on. */
  private nonce(index: number, isLast: boolean): Buffer {
    if (index > MAX_SEGMENTS) throw corrupt('too many segments', index);
    const nonce = Buffer.alloc(PREFIX_BYTES + 5);
    nonce.set(this.prefix);
    nonce.writeUInt32BE(index, PREFIX_BYTES);
    nonce[PREFIX_BYTES + 4] = isLast ? 1 : 0;
    return nonce;
  }
}

/** One public reason for whatever is wrong with the bytes; the step is for the log. */
export function corrupt(step: string, segment?: number, cause?: unknown): SeraiError {
  return new SeraiError(
    'ERR_ATTACHMENT_CORRUPT',
    'The attachment is not what its sender encrypted: bytes were changed, moved, added or are missing.',
    { cause, detail: { step, segment } },
  );
}
