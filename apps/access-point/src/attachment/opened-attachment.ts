import { createHash } from 'node:crypto';
import { assertMediaType, type BlobStore, decryptAttachment, readParts, type StoredBytes } from '#libs/attachments';
import type { AttachmentSecret } from '#libs/contracts';
import { SeraiError } from '#libs/errors';

/** An attachment with all that is needed to open it. */
export interface LockedAttachment extends StoredBytes {
  /** Of the ciphertext, from the signed header. */
  readonly sha256: string;
  readonly secret: AttachmentSecret;
  /** URN of the participant that sent it. */
  readonly sender: string;
}

/**
 * Judges all of an attachment before any byte of it is shown: the ciphertext against the hash of the signed header, each segment against its tag, the file against the
 * size and type that its sender told.
 *
 * @throws SeraiError ERR_ATTACHMENT_MISMATCH, ERR_ATTACHMENT_CORRUPT, ERR_ATTACHMENT_TYPE
 */
export async function assertGood(store: BlobStore, attachment: LockedAttachment): Promise<void> {
  await assertHash(store, attachment);
  const pieces: Uint8Array[] = [];
  for await (const piece of openAttachment(store, attachment)) pieces.push(piece);
  const file = Buffer.concat(pieces);
  if (file.byteLength !== attachment.secret.bytes) throw mismatch('The file has another size than its sender says.');
  await assertMediaType(file, attachment.secret.mediaType);
}

/** @throws SeraiError ERR_ATTACHMENT_MISMATCH when the stored ciphertext is not the one that the signed header names */
export async function assertHash(
  store: BlobStore,
  attachment: StoredBytes & { readonly sha256: string },
): Promise<void> {
  const hash = createHash('sha256');
  for await (const part of readParts(store, attachment)) hash.update(part);
  if (hash.digest('base64url') !== attachment.sha256) {
    throw mismatch('The bytes are not those that the signed message names.');
  }
}

/** The file, segment by segment, each verified before it comes out. */
export function openAttachment(
  store: BlobStore,
  { secret, sender, ...stored }: LockedAttachment,
): AsyncGenerator<Buffer, void, undefined> {
  const key = Buffer.from(secret.key, 'base64url');
  return decryptAttachment(readParts(store, stored), key, { attachmentId: secret.attachmentId, sender });
}

function mismatch(message: string): SeraiError {
  return new SeraiError('ERR_ATTACHMENT_MISMATCH', message);
}
