import { createHash, randomUUID } from 'node:crypto';
import {
  type BlobStore,
  type NewUpload,
  putPart,
  readParts,
  removeParts,
  type Upload,
  type UploadBook,
} from '#libs/attachments';
import { gatewayUploadMetadata } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { AttachmentRepository } from './attachment.repository.js';

/** An upload that no envelope names is kept so long: an access point may be offline for weeks between upload and envelope. */
const UNNAMED_DAYS = 30;
const DAY_MS = 86_400_000;
/** What one participant may have lying here that no envelope has named yet. */
const UNNAMED_BYTES = 2_000_000_000;

/** The uploads of one participant. Another one's are not there for it. */
export class ParticipantUploads implements UploadBook {
  constructor(
    private readonly owner: string,
    private readonly attachments: AttachmentRepository,
    private readonly store: BlobStore,
  ) {}

  async begin({ bytes, metadata }: NewUpload): Promise<string> {
    const parsed = gatewayUploadMetadata.safeParse(metadata);
    if (!parsed.success) {
      throw new SeraiError(
        'ERR_REQUEST_INVALID',
        'Upload-Metadata must have the attachment and the sha256 of its ciphertext.',
      );
    }
    const { attachment: attachmentId, sha256 } = parsed.data;
    const expiresAt = new Date(Date.now() + UNNAMED_DAYS * DAY_MS);
    const upload = { owner: this.owner, attachmentId, blobId: randomUUID(), sha256, bytes, expiresAt };
    const { begun, unnamed } = await this.attachments.begin(upload, UNNAMED_BYTES);
    if (begun) return attachmentId;
    if (unnamed + bytes > UNNAMED_BYTES) {
      throw new SeraiError('ERR_ATTACHMENT_QUOTA', 'Too many bytes of yours wait to be named by an envelope.');
    }
    throw new SeraiError('ERR_ATTACHMENT_OFFSET', 'This upload has begun before. Ask with HEAD where it goes on.');
  }

  async find(attachmentId: string): Promise<Upload | undefined> {
    const found = await this.attachments.find(this.owner, attachmentId);
    return found?.isExpired ? undefined : found;
  }

  put({ blobId }: Upload, offset: number, bytes: Uint8Array): Promise<void> {
    return putPart(this.store, blobId, offset, bytes);
  }

  advance({ attachmentId }: Upload, from: number, to: number): Promise<boolean> {
    return this.attachments.advance(this.owner, attachmentId, from, to);
  }

  /** What was said of the hash is checked here once, so that an envelope can be held against it. */
  async finish(upload: Upload): Promise<void> {
    const { attachmentId, bytes } = upload;
    const found = await this.attachments.find(this.owner, attachmentId);
    const hash = createHash('sha256');
    for await (const part of readParts(this.store, upload)) hash.update(part);
    if (found?.sha256 !== hash.digest('base64url')) {
      await removeParts(this.store, upload);
      await this.attachments.forget(this.owner, attachmentId);
      throw new SeraiError(
        'ERR_ATTACHMENT_MISMATCH',
        'The uploaded bytes do not have the hash that was said. They are forgotten.',
      );
    }
    if (await this.attachments.advance(this.owner, attachmentId, found.received, bytes)) return;
    throw new SeraiError('ERR_ATTACHMENT_OFFSET', 'The upload goes on elsewhere. Ask with HEAD where.');
  }
}
