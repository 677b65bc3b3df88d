import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { SeraiError } from '#libs/errors';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Plaintext under a key of its own, and that key under the keystore's secret; each is worthless without the other. */
export interface SealedRecord {
  readonly recordId: string;
  /** nonce, ciphertext, tag */
  readonly ciphertext: Buffer;
  /** nonce, encrypted data key, tag */
  readonly wrappedKey: Buffer;
}

/**
 * Encryption at rest. Every record has a random key that encrypts once, so nonces can never repeat under it; both layers are bound to the
 * record's id, so that nobody with write access to the database can exchange two records.
 */
export class RecordCipher {
  /** Node takes bytes as a key too, but finds out by an exception that they are none yet. */
  private readonly secret: KeyObject;

  constructor(secret: Uint8Array) {
    if (secret.byteLength !== KEY_BYTES) {
      throw new SeraiError(
        'ERR_KEYSTORE_UNREADABLE',
        `The records secret of the keystore must have ${KEY_BYTES} bytes.`,
      );
    }
    this.secret = createSecretKey(secret);
  }

  seal(recordId: string, content: unknown): SealedRecord {
    const key = randomBytes(KEY_BYTES);
    const ciphertext = encrypt(
      createSecretKey(key),
      Buffer.from(JSON.stringify(content)),
      bindingOf('content', recordId),
    );
    const wrappedKey = encrypt(this.secret, key, bindingOf('key', recordId));
    return { recordId, ciphertext, wrappedKey };
  }

  open(sealed: SealedRecord): unknown {
    try {
      const key = decrypt(this.secret, sealed.wrappedKey, bindingOf('key', sealed.recordId));
      const plaintext = decrypt(createSecretKey(key), sealed.ciphertext, bindingOf('content', sealed.recordId));
      return JSON.parse(plaintext.toString('utf8')) as unknown;
    } catch (cause) {
      throw new SeraiError('ERR_CONTENT_UNREADABLE', 'The stored content cannot be opened. Tell your operator.', {
        cause,
        detail: { recordId: sealed.recordId },
      });
    }
  }
}

const bindingOf = (layer: 'content' | 'key', recordId: string): Buffer =>
  Buffer.from(`serai-record:${layer}:${recordId}`);

function encrypt(key: KeyObject, plaintext: Uint8Array, binding: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(binding);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, sealed: Uint8Array, binding: Uint8Array): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(sealed.byteLength - TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(binding)
    .setAuthTag(tag);
  return Buffer.concat([
    decipher.update(sealed.subarray(NONCE_BYTES, sealed.byteLength - TAG_BYTES)),
    decipher.final(),
  ]);
}
