import { createCipheriv, hkdfSync } from 'node:crypto';
import { SALT_BYTES } from '#libs/evidence';

const ALGORITHM = 'aes-256-ctr';
const BLOCK_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Keeps the salts of leaves under a key that is in no database: whoever has a copy of the tables alone can open no leaf. Each salt is encrypted by the part of the key
 * stream that belongs to its leaf, so those of a batch take one call. Nothing else guards them: a salt that was changed, or stands under another leaf, opens nothing,
 * because the leaf entry does not fit it.
 */
export class SaltWrap {
  private readonly key: Uint8Array;

  /**
   * @param secret 32 bytes of the service's keystore
   * @param origin of the log: no two logs share a key stream
   */
  constructor(secret: Uint8Array, origin: string) {
    this.key = new Uint8Array(hkdfSync('sha256', secret, origin, 'serai audit leaf salts', KEY_BYTES));
  }

  /**
   * Wraps the salts of consecutive leaves, or unwraps them: it is the same.
   *
   * @param first index of the first of these leaves
   * @param salts {@link SALT_BYTES} bytes for each
   */
  wrap(first: number, salts: Uint8Array): Buffer {
    const start = Buffer.alloc(BLOCK_BYTES);
    start.writeBigUInt64BE(BigInt(first) * BigInt(SALT_BYTES / BLOCK_BYTES), BLOCK_BYTES - 8);
    return createCipheriv(ALGORITHM, this.key, start).update(salts);
  }
}
