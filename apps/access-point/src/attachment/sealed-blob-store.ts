import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { BlobStore } from '#libs/attachments';
import { SeraiError } from '#libs/errors';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * What officers upload, encrypted while it comes: each part under a nonce of its own, so that a part that is sent twice with other bytes is no danger to the first.
 * The key is of this upload alone and goes when it is finished.
 */
export class SealedBlobStore implements BlobStore {
  constructor(
    private readonly store: BlobStore,
    private readonly key: Uint8Array,
  ) {}

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name));
    await this.store.put(name, Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]));
  }

  async get(name: string): Promise<Buffer> {
    return this.open(name, await this.store.get(name));
  }

  async find(name: string): Promise<Buffer | undefined> {
    const sealed = await this.store.find(name);
    return sealed && this.open(name, sealed);
  }

  private open(name: string, sealed: Buffer): Buffer {
    const end = sealed.byteLength - TAG_BYTES;
    try {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, this.key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(end));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
    } catch (cause) {
      throw new SeraiError('ERR_CONTENT_UNREADABLE', 'The stored upload cannot be opened. Tell your operator.', {
        cause,
      });
    }
  }

  remove(names: readonly string[]): Promise<void> {
    return this.store.remove(names);
  }
}
