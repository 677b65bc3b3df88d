import { Readable } from 'node:stream';
import { Controller, Head, Inject, Param, Patch, Post, Req, Res, UseGuards } from '@nestjs/common';
import { type BlobStore, ResumableUploads, readParts } from '#libs/attachments';
import { attachmentProof, GATEWAY_API, MAX_ATTACHMENT_CIPHERTEXT_BYTES } from '#libs/contracts';
import type { Caller } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { AuthenticatedCaller, CallerGuard } from '#libs/hub';
import { type HttpReply, type HttpRequest, parseInput } from '#libs/telemetry';
import { BLOB_STORE } from '../tokens.js';
import { AttachmentEntitlement, type EntitledAttachment } from './attachment.entitlement.js';
import { AttachmentRepository, type AttachmentRow } from './attachment.repository.js';
import { ParticipantUploads } from './participant-uploads.js';

/** Takes ciphertexts of attachments in, and hands them out to the parties of accepted messages. */
@Controller('v1/attachments')
@UseGuards(CallerGuard)
export class AttachmentController {
  private readonly uploads: ResumableUploads;

  constructor(
    private readonly attachments: AttachmentRepository,
    private readonly entitlement: AttachmentEntitlement,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
  ) {
    const { path } = GATEWAY_API.createUpload;
    this.uploads = new ResumableUploads({ path, maxBytes: MAX_ATTACHMENT_CIPHERTEXT_BYTES });
  }

  @Post()
  begin(@Req() request: HttpRequest, @Res() reply: HttpReply, @AuthenticatedCaller() caller: Caller): Promise<void> {
    return this.upload(request, reply, caller);
  }

  @Head(':attachmentId')
  look(@Req() request: HttpRequest, @Res() reply: HttpReply, @AuthenticatedCaller() caller: Caller): Promise<void> {
    return this.upload(request, reply, caller);
  }

  @Patch(':attachmentId')
  goOn(@Req() request: HttpRequest, @Res() reply: HttpReply, @AuthenticatedCaller() caller: Caller): Promise<void> {
    return this.upload(request, reply, caller);
  }

  @Post(':attachmentId/fetch')
  async fetch(
    @Param() params: unknown,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
    @AuthenticatedCaller() caller: Caller,
  ): Promise<void> {
    const { attachmentId } = parseInput(GATEWAY_API.fetchAttachment.params, params);
    const { offset, ...proof } = parseInput(attachmentProof, parseJson(request.body));
    const entitled = await this.entitlement.check(caller.participant, attachmentId, proof);
    const held = await this.find(entitled);
    if (offset > held.bytes) throw new SeraiError('ERR_REQUEST_INVALID', 'The attachment has fewer bytes than that.');
    await reply
      .status(200)
      .type('application/octet-stream')
      .header('content-length', held.bytes - offset)
      .header('cache-control', 'no-store')
      .send(Readable.from(readParts(this.store, held, offset), { objectMode: false }));
  }

  private async find({ owner, attachmentId, sha256, bytes }: EntitledAttachment): Promise<AttachmentRow> {
    const held = await this.attachments.find(owner, attachmentId);
    if (held?.isExpired)
      throw new SeraiError('ERR_ATTACHMENT_EXPIRED', 'The hub does not keep this attachment any more.');
    if (held?.received === bytes && held.sha256 === sha256) return held;
    throw new SeraiError('ERR_ATTACHMENT_EXPIRED', 'The hub has no such attachment, or not any more.');
  }

  private async upload(request: HttpRequest, reply: HttpReply, { participant }: Caller): Promise<void> {
    reply.header('tus-resumable', '1.0.0');
    const { method, url, headers, raw: body } = request;
    const book = new ParticipantUploads(participant, this.attachments, this.store);
    const answer = await this.uploads.handle({ method, url, headers, body }, book);
    await reply.status(answer.status).headers(answer.headers).send();
  }
}

/** JSON comes as bytes in this app. */
function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch (cause) {
    throw new SeraiError('ERR_REQUEST_INVALID', 'The body is not JSON.', { cause });
  }
}
