import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { z } from 'zod';
import {
  ATTACHMENT_KEY_BYTES,
  assertMediaType,
  type BlobStore,
  cutIntoSegments,
  encryptAttachment,
  type NewUpload,
  PART_BYTES,
  putPart,
  readParts,
  removeParts,
  type Upload,
  type UploadBook,
} from '#libs/attachments';
import { attachmentMediaType, attachmentMetadata, attachmentSecret } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import type { Idempotency } from '../idempotency/idempotency.service.js';
import type { Call } from '../officer/call.js';
import type { Vault } from '../vault/vault.service.js';
import {
  advanceDraft,
  completeDraft,
  deleteDraft,
  findDraft,
  forgetStaged,
  holdOpenDraft,
  insertDraft,
} from './draft.repository.js';
import { SealedBlobStore } from './sealed-blob-store.js';

const DRAFT_DAYS = 7;
const DAY_MS = 86_400_000;
/** What one officer may have lying here that no message has taken yet. */
const DRAFT_BYTES = 200_000_000;

/** What the vault holds of an upload while its bytes come. */
const openDraft = attachmentSecret.pick({ name: true, mediaType: true }).extend({ stagingKey: z.string() });
/** What it holds of a finished one. */
export const finishedDraft = attachmentSecret.omit({ attachmentId: true });

/** What the uploads of an officer are kept in. */
export interface DraftKeeping {
  readonly dataSource: DataSource;
  readonly vault: Vault;
  readonly idempotency: Idempotency;
  readonly store: BlobStore;
  /** URN of the participant. */
  readonly sender: string;
}

/** The uploads of one officer: sealed while they come; judged by their bytes, encrypted for their recipients and hashed when they are whole. */
export class OfficerUploads implements UploadBook {
  constructor(
    private readonly call: Call<'createAttachment' | 'getUpload' | 'sendAttachment'>,
    private readonly kept: DraftKeeping,
  ) {}

  async begin({ bytes, metadata }: NewUpload): Promise<string> {
    const { filename: name, filetype: mediaType } = readMetadata(metadata);
    const { dataSource: _, idempotency, vault } = this.kept;
    const call = this.call as Call<'createAttachment'>;
    const { attachmentId } = await idempotency.once({ ...call, body: { bytes, metadata } }, async (tx) => {
      const draft = { attachmentId: v7(), stagedBlobId: randomUUID(), blobId: randomUUID(), bytes };
      const expiresAt = new Date(Date.now() + DRAFT_DAYS * DAY_MS);
      if (!(await insertDraft(tx, { ...draft, subject: call.officer.subject, expiresAt }, DRAFT_BYTES))) {
        throw new SeraiError(
          'ERR_ATTACHMENT_QUOTA',
          'Too many bytes of yours wait for messages. Send what you have uploaded.',
        );
      }
      const stagingKey = randomBytes(ATTACHMENT_KEY_BYTES).toString('base64url');
      await vault.store(tx, [{ recordId: draft.attachmentId, content: { name, mediaType, stagingKey } }]);
      return { attachmentId: draft.attachmentId };
    });
    return attachmentId;
  }

  async find(attachmentId: string): Promise<Upload | undefined> {
    const { manager } = this.kept.dataSource;
    const draft = await findDraft(manager, this.call.officer.subject, attachmentId);
    return draft && { ...draft, blobId: draft.stagedBlobId };
  }

  advance({ attachmentId }: Upload, from: number, to: number): Promise<boolean> {
    return advanceDraft(this.kept.dataSource.manager, attachmentId, from, to);
  }

  /** Parts of an upload are sealed under its own key. */
  async put({ attachmentId, blobId }: Upload, offset: number, bytes: Uint8Array): Promise<void> {
    await putPart((await this.open(attachmentId)).store, blobId, offset, bytes);
  }

  async finish(upload: Upload): Promise<void> {
    const { dataSource, vault, store } = this.kept;
    const { attachmentId, bytes } = upload;
    const draft = await findDraft(dataSource.manager, this.call.officer.subject, attachmentId);
    if (draft?.state !== 'OPEN') throw elsewhere();
    const { name, mediaType, store: staging } = await this.open(attachmentId);
    const file = await collect(readParts(staging, upload));
    await assertMediaType(file, mediaType).catch((error: unknown) => this.forget(upload, error));
    const key = randomBytes(ATTACHMENT_KEY_BYTES);
    await inTransaction(dataSource, async (tx) => {
      if (!(await holdOpenDraft(tx, attachmentId))) throw elsewhere();
      const made = await this.encrypt(file, key, attachmentId, draft.blobId);
      await completeDraft(tx, { attachmentId, ...made });
      await vault.erase(tx, [attachmentId]);
      const content = { name, mediaType, bytes, key: key.toString('base64url') };
      await vault.store(tx, [{ recordId: attachmentId, content }]);
    });
    await removeParts(store, upload);
    await forgetStaged(dataSource.manager, attachmentId);
  }

  private async open(attachmentId: string) {
    const { dataSource, vault, store } = this.kept;
    const { stagingKey, ...draft } = openDraft.parse(await vault.read(dataSource.manager, attachmentId));
    return { ...draft, store: new SealedBlobStore(store, Buffer.from(stagingKey, 'base64url')) };
  }

  private async encrypt(file: Buffer, key: Buffer, attachmentId: string, blobId: string) {
    const { store, sender } = this.kept;
    const hash = createHash('sha256');
    let at = 0;
    const ciphertext = encryptAttachment(once(file), key, { attachmentId, sender });
    try {
      for await (const { bytes } of cutIntoSegments(ciphertext, () => PART_BYTES)) {
        hash.update(bytes);
        await putPart(store, blobId, at, bytes);
        at += bytes.byteLength;
      }
    } catch (error) {
      // Half a ciphertext serves nobody, and keeps a full disk full.
      await removeParts(store, { blobId, bytes: at }).catch(() => undefined);
      throw error;
    }
    return { ciphertextBytes: at, sha256: hash.digest('base64url') };
  }

  /** An upload that may not be: nothing of it is kept. */
  private async forget(upload: Upload, error: unknown): Promise<never> {
    const { dataSource, vault, store } = this.kept;
    await removeParts(store, upload);
    await inTransaction(dataSource, async (tx) => {
      await vault.erase(tx, [upload.attachmentId]);
      await deleteDraft(tx, upload.attachmentId);
    });
    throw error;
  }
}

function readMetadata(metadata: NewUpload['metadata']): z.output<typeof attachmentMetadata> {
  const parsed = attachmentMetadata.safeParse(metadata);
  if (parsed.success) return parsed.data;
  if (!attachmentMediaType.safeParse(metadata['filetype']).success) {
    const types = attachmentMediaType.options.join(', ');
    throw new SeraiError('ERR_ATTACHMENT_TYPE', `The filetype of Upload-Metadata must be one of ${types}.`);
  }
  throw new SeraiError(
    'ERR_REQUEST_INVALID',
    'The filename of Upload-Metadata must be the name of a file, without a path.',
  );
}

function elsewhere(): SeraiError {
  return new SeraiError('ERR_ATTACHMENT_OFFSET', 'The upload was finished elsewhere. Ask with HEAD where it is.');
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A file of at most 10 MB. */
async function collect(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}
