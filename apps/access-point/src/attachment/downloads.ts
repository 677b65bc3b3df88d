import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { BlobStore } from '#libs/attachments';
import { type AttachmentSecret, type LegHeader } from '#libs/contracts';
import { type ErrorCode, SeraiError } from '#libs/errors';
import { notFound } from '../leg/leg.reader.js';
import { MessageReader } from '../leg/message.reader.js';
import type { MessageRecord } from '../leg/message.repository.js';
import type { Call } from '../officer/call.js';
import { Vault } from '../vault/vault.service.js';
import { type AttachmentRecord, findAttachment } from './attachment.repository.js';
import { BLOB_STORE } from './blob-store.token.js';
import { assertGood, type LockedAttachment, openAttachment } from './opened-attachment.js';

/** A file as it is handed to an officer. */
export interface Download {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly content: Readable;
}

/** Opens attachments of messages. */
@Injectable()
export class Downloads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly messages: MessageReader,
    private readonly vault: Vault,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
  ) {}

  /** The look is logged first; then all of the file is verified; then it is streamed, and verified again on the way. */
  async open(call: Call<'downloadAttachment'>): Promise<Download> {
    const message = await this.messages.look(call);
    const attachment = await findAttachment(this.dataSource.manager, message.envelopeId, call.params.attachmentId);
    if (!attachment) throw notFound();
    assertHere(attachment);
    const locked = await this.unlock(this.dataSource.manager, attachment, message);
    await assertGood(this.store, locked);
    const { name, mediaType, bytes } = locked.secret;
    return {
      name,
      mediaType,
      bytes,
      content: Readable.from(openAttachment(this.store, locked), { objectMode: false }),
    };
  }

  /** An attachment with its key. @throws SeraiError ERR_CONTENT_ERASED; ERR_ATTACHMENT_MISMATCH when the content does not describe it */
  async unlock(
    manager: EntityManager,
    { envelopeId, attachmentId, blobId, bytes, sha256 }: AttachmentRecord,
    { header }: Pick<MessageRecord, 'header'>,
  ): Promise<LockedAttachment> {
    const content = (await this.vault.read(manager, envelopeId)) as { attachments?: AttachmentSecret[] };
    const secret = content.attachments?.find((each) => each.attachmentId === attachmentId);
    const sender = (header as LegHeader).sender.participant;
    if (secret) return { blobId, bytes, sha256, secret, sender };
    throw new SeraiError('ERR_ATTACHMENT_MISMATCH', 'The message names an attachment and has no key to it.');
  }
}

/** Own attachments are here from the beginning; others when they have been fetched and judged. */
function assertHere({ direction, state, code }: AttachmentRecord): void {
  if (direction === 'outgoing' || state === 'READY') return;
  if (code !== null)
    throw new SeraiError(code as ErrorCode, 'The attachment could not be fetched, or is not what it should be.');
  throw new SeraiError('ERR_ATTACHMENT_NOT_HERE', 'The attachment is on its way from the hub. Try again in a moment.');
}
