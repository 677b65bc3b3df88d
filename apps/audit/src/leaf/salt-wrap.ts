import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { SALT_BYTES } from '#libs/evidence';

/** AES key wrap, RFC 3394, with its default initial value. */
const ALGORITHM = 'id-aes256-wrap';
const INITIAL_VALUE = Buffer.alloc(8, 0xa6);

/**
 * Keeps the salts of leaves under a key that is in no database: whoever has a copy of the tables alone can open no leaf. A salt under the wrong leaf opens nothing,
 * since the leaf entry does not fit it.
 */
export class SaltWrap {
  private readonly key: Uint8Array;

  /** @param secret 32 bytes of the service's keystore */
  constructor(secret: Uint8Array) {
    this.key = new Uint8Array(hkdfSync('sha256', secret, '', 'serai audit leaf salts', 32));
  }

  /** 40 bytes. */
  wrap(salt: Uint8Array): Buffer {
    const cipher = createCipheriv(ALGORITHM, this.key, INITIAL_VALUE);
    return Buffer.concat([cipher.update(salt), cipher.final()]);
  }

  /** Undefined for what this key did not wrap. */
  unwrap(wrapped: Uint8Array): Buffer | undefined {
    if (wrapped.length !== SALT_BYTES + INITIAL_VALUE.length) return undefined;
    try {
      const decipher = createDecipheriv(ALGORITHM, this.key, INITIAL_VALUE);
      return Buffer.concat([decipher.update(wrapped), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}
