import { SeraiError } from '#libs/errors';
import type { BlobStore } from '../blobs/blob-store.js';

/** Bytes are stored in parts of this size; the last one is what is left. */
export const PART_BYTES = 1_048_576;

/** Bytes that are stored in parts, under an id that nobody outside knows. */
export interface StoredBytes {
  readonly blobId: string;
  /** How many there are. */
  readonly bytes: number;
}

const nameOf = (blobId: string, part: number): string => `${blobId}.${part}`;

/** Stores the part that begins at `offset`, a multiple of {@link PART_BYTES}. */
export async function putPart(store: BlobStore, blobId: string, offset: number, bytes: Uint8Array): Promise<void> {
  await store.put(nameOf(blobId, offset / PART_BYTES), bytes);
}

/**
 * The stored bytes from `offset` on, part by part.
 *
 * @throws SeraiError ERR_STORAGE_UNAVAILABLE, also when a part is not as long as it was: whoever reads was told how much will come, and would wait for the rest
 */
export async function* readParts(
  store: BlobStore,
  { blobId, bytes }: StoredBytes,
  offset = 0,
): AsyncGenerator<Buffer, void, undefined> {
  let skip = offset % PART_BYTES;
  for (let part = Math.floor(offset / PART_BYTES); part * PART_BYTES < bytes; part += 1) {
    const stored = await store.get(nameOf(blobId, part));
    if (stored.byteLength !== Math.min(PART_BYTES, bytes - part * PART_BYTES)) {
      throw new SeraiError('ERR_STORAGE_UNAVAILABLE', 'The storage of attachments has lost bytes. Tell its operator.', {
        detail: { blobId, part },
      });
    }
    yield stored.subarray(skip);
    skip = 0;
  }
}

/** Forgets the stored bytes, and a part that was written but never counted. */
export async function removeParts(store: BlobStore, { blobId, bytes }: StoredBytes): Promise<void> {
  const parts = Math.ceil(bytes / PART_BYTES);
  await store.remove(Array.from({ length: parts }, (_, part) => nameOf(blobId, part)));
}
