import { Controller, Req, Res } from '@nestjs/common';
import type { HttpReply, HttpRequest } from '#libs/telemetry';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { Downloads } from './downloads.js';
import { Drafts } from './drafts.js';

@Controller()
export class AttachmentController {
  constructor(
    private readonly drafts: Drafts,
    private readonly downloads: Downloads,
  ) {}

  @Operation('createAttachment')
  create(
    @CallOf() call: Call<'createAttachment'>,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): Promise<void> {
    return this.upload(call, request, reply);
  }

  @Operation('getUpload')
  look(@CallOf() call: Call<'getUpload'>, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.upload(call, request, reply);
  }

  @Operation('sendAttachment')
  goOn(@CallOf() call: Call<'sendAttachment'>, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    return this.upload(call, request, reply);
  }

  /** To be saved, never shown in place: whatever it is, a browser may neither guess another type, nor run anything of it. */
  @Operation('downloadAttachment')
  async download(@CallOf() call: Call<'downloadAttachment'>, @Res() reply: HttpReply): Promise<void> {
    const { name, mediaType, bytes, content } = await this.downloads.open(call);
    await reply
      .status(200)
      .type(mediaType)
      .headers({
        'content-length': bytes,
        'content-disposition': `attachment; filename="attachment"; filename*=UTF-8''${encodeName(name)}`,
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      })
      .send(content);
  }

  private async upload(
    call: Call<'createAttachment' | 'getUpload' | 'sendAttachment'>,
    request: HttpRequest,
    reply: HttpReply,
  ): Promise<void> {
    reply.header('tus-resumable', '1.0.0');
    const { method, url, headers, raw: body } = request;
    const answer = await this.drafts.serve(call, { method, url, headers, body });
    await reply.status(answer.status).headers(answer.headers).send();
  }
}

/** RFC 8187 section 3.2.1: `attr-char` is less than what encodeURIComponent leaves. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
