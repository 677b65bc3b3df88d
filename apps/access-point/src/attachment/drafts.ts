import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import {
  type BlobStore,
  PART_BYTES,
  ResumableUploads,
  removeParts,
  type UploadAnswer,
  type UploadRequest,
} from '#libs/attachments';
import {
  ACCESS_POINT_API,
  type AttachmentReference,
  type AttachmentSecret,
  MAX_ATTACHMENT_BYTES,
} from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { Identity } from '../identity.js';
import type { Call } from '../officer/call.js';
import type { Officer } from '../officer/officer.js';
import { Vault } from '../vault/vault.service.js';
import { insertAttachments } from './attachment.repository.js';
import { BLOB_STORE } from './blob-store.token.js';
import {
  type DraftRecord,
  deleteDraft,
  findLeftovers,
  findReadyDrafts,
  forgetStaged,
  takeDrafts,
} from './draft.repository.js';
import { finishedDraft, OfficerUploads } from './officer-uploads.js';

const AT_ONCE = 100;

/** A finished upload that goes with a message. */
export interface OpenedDraft {
  readonly blobId: string;
  readonly reference: AttachmentReference;
  readonly secret: AttachmentSecret;
}

/** Of the clear header; a message without attachments has no such member. */
export function referencesOf(opened: readonly OpenedDraft[]): { attachments?: AttachmentReference[] } {
  return opened.length === 0 ? {} : { attachments: opened.map(({ reference }) => reference) };
}

/** Of the encrypted content. */
export function secretsOf(opened: readonly OpenedDraft[]): { attachments?: AttachmentSecret[] } {
  return opened.length === 0 ? {} : { attachments: opened.map(({ secret }) => secret) };
}

/** Uploads of officers, until messages take them. */
@Injectable()
export class Drafts {
  private readonly uploads = new ResumableUploads({
    path: ACCESS_POINT_API.createAttachment.path,
    maxBytes: MAX_ATTACHMENT_BYTES,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: Vault,
    private readonly idempotency: Idempotency,
    private readonly identity: Identity,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
  ) {}

  /** Answers one call of tus. */
  serve(
    call: Call<'createAttachment' | 'getUpload' | 'sendAttachment'>,
    request: UploadRequest,
  ): Promise<UploadAnswer> {
    const { dataSource, vault, idempotency, store } = this;
    const sender = this.identity.participant;
    return this.uploads.handle(request, new OfficerUploads(call, { dataSource, vault, idempotency, store, sender }));
  }

  /**
   * Finished uploads of an officer with their keys, for a message that is about to name them.
   *
   * @throws SeraiError ERR_ATTACHMENT_NOT_HERE
   */
  async open(
    manager: EntityManager,
    { subject }: Officer,
    attachmentIds: readonly string[] = [],
  ): Promise<OpenedDraft[]> {
    if (attachmentIds.length === 0) return [];
    const ready = await findReadyDrafts(manager, subject, attachmentIds);
    const drafts = new Map(ready.map((draft) => [draft.attachmentId, draft]));
    const secrets = await this.vault.readAll(manager, attachmentIds);
    return attachmentIds.map((attachmentId) => toOpened(drafts.get(attachmentId), secrets.get(attachmentId)));
  }

  /**
   * Takes opened uploads for messages of one act and has them carried to the hub before these. Their keys are in the contents of the messages now, and nowhere
   * else.
   *
   * @throws SeraiError ERR_ATTACHMENT_NOT_HERE when another act has taken one meanwhile
   */
  async attach(
    tx: EntityManager,
    { subject }: Officer,
    opened: readonly OpenedDraft[],
    messages: readonly { envelopeId: string; legId: string }[],
  ): Promise<void> {
    if (opened.length === 0) return;
    const ids = opened.map(({ reference }) => reference.attachmentId);
    if ((await takeDrafts(tx, subject, ids)) !== ids.length) throw notHere();
    await this.vault.erase(tx, ids);
    await insertAttachments(
      tx,
      messages.flatMap((message) =>
        opened.map(({ blobId, reference }) => ({ ...message, ...reference, blobId, direction: 'outgoing' as const })),
      ),
    );
  }

  /** Forgets what nobody needs any more; bytes first, then the row that knows where they are. */
  async tidy(): Promise<void> {
    const { manager } = this.dataSource;
    for (const draft of await findLeftovers(manager, AT_ONCE)) {
      if (draft.staged) await removeParts(this.store, { blobId: draft.stagedBlobId, bytes: draft.bytes });
      if (draft.state === 'READY' && draft.staged) await forgetStaged(manager, draft.attachmentId);
      else await this.delete(draft);
    }
  }

  private async delete({ attachmentId, state, blobId, bytes, ciphertextBytes }: DraftRecord): Promise<void> {
    // A process that died while it finished an upload left ciphertext behind that nobody counted: longer than the file, by less than a part.
    if (state !== 'TAKEN') await removeParts(this.store, { blobId, bytes: ciphertextBytes ?? bytes + PART_BYTES });
    await inTransaction(this.dataSource, async (tx) => {
      await this.vault.erase(tx, [attachmentId]);
      await deleteDraft(tx, attachmentId);
    });
  }
}

function toOpened(draft: DraftRecord | undefined, content: unknown): OpenedDraft {
  const secret = finishedDraft.safeParse(content);
  if (!draft || draft.ciphertextBytes === null || draft.sha256 === null || !secret.success) throw notHere();
  const { attachmentId, blobId, ciphertextBytes: bytes, sha256 } = draft;
  return { blobId, reference: { attachmentId, sha256, bytes }, secret: { attachmentId, ...secret.data } };
}

function notHere(): SeraiError {
  return new SeraiError(
    'ERR_ATTACHMENT_NOT_HERE',
    'An attachment is not a whole upload of yours, or went with another message. Upload it.',
  );
}
