import type http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type NewUpload, ResumableUploads, type Upload, type UploadBook } from '#libs/attachments';
import { gatewayUploadMetadata, MAX_ATTACHMENT_CIPHERTEXT_BYTES } from '#libs/contracts';
import { isSeraiError, toProblem } from '#libs/errors';

/** A ciphertext at the hub of a test. */
interface Shelved {
  readonly upload: Upload;
  readonly content: Buffer;
}

/** Keeps ciphertexts as the gateway does, in memory; tests make it lie. */
export class AttachmentShelf {
  /** By owner and id. */
  readonly shelved = new Map<string, Shelved>();
  /** What is served instead of a ciphertext. */
  serve: (honest: Buffer) => Buffer = (honest) => honest;
  /** Refuses every upload with a full disk. */
  full = false;
  /** Falls silent at these: in the middle when they are fetched, before the answer when they are uploaded. */
  readonly silentFetches = new Set<string>();
  readonly silentUploads = new Set<string>();
  /** Times that a ciphertext was asked for. */
  fetches = 0;

  private readonly uploads = new ResumableUploads({
    path: '/v1/attachments',
    maxBytes: MAX_ATTACHMENT_CIPHERTEXT_BYTES,
  });

  get contents(): Buffer[] {
    return [...this.shelved.values()].map(({ content }) => content);
  }

  async handle(owner: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    if (url.endsWith('/fetch')) return this.fetch(request, response, url.split('/').at(-2) ?? '');
    if (this.full) return void response.writeHead(507).end('{"code":"ERR_STORAGE_FULL"}');
    if (method === 'PATCH' && this.silentUploads.has(url.split('/').at(-1) ?? '')) return void request.resume();
    try {
      const answer = await this.uploads.handle({ method, url, headers, body: request }, this.bookOf(owner));
      response.writeHead(answer.status, answer.headers).end();
    } catch (error) {
      if (!isSeraiError(error)) throw error;
      response.writeHead(error.row.status).end(JSON.stringify(toProblem(error)));
    }
  }

  private async fetch(request: http.IncomingMessage, response: http.ServerResponse, id: string): Promise<void> {
    this.fetches += 1;
    const { envelope, offset } = JSON.parse((await buffer(request)).toString()) as { envelope: string; offset: number };
    const { source } = JSON.parse(Buffer.from(envelope.split('.')[1] ?? '', 'base64url').toString()) as {
      source: string;
    };
    const found = this.shelved.get(`${source}/${id}`);
    if (!found) return void response.writeHead(410).end(JSON.stringify(GONE));
    const content = this.serve(found.content).subarray(offset);
    response.writeHead(200, { 'content-length': content.byteLength });
    if (this.silentFetches.has(id)) response.write(content.subarray(0, content.byteLength / 2));
    else response.end(content);
  }

  private bookOf(owner: string): UploadBook {
    const find = (id: string) => this.shelved.get(`${owner}/${id}`);
    const move = ({ attachmentId }: Upload, received: number) => {
      const { upload, content } = find(attachmentId)!;
      this.shelved.set(`${owner}/${attachmentId}`, { upload: { ...upload, received }, content });
    };
    return {
      begin: async ({ bytes, metadata }: NewUpload) => {
        const { attachment: attachmentId } = gatewayUploadMetadata.parse(metadata);
        const upload = { attachmentId, blobId: attachmentId, bytes, received: 0 };
        this.shelved.set(`${owner}/${attachmentId}`, { upload, content: Buffer.alloc(bytes) });
        return attachmentId;
      },
      find: async (id) => find(id)?.upload,
      put: async ({ attachmentId }, offset, bytes) => void find(attachmentId)!.content.set(bytes, offset),
      advance: async (upload, _from, to) => {
        move(upload, to);
        return true;
      },
      finish: async (upload) => move(upload, upload.bytes),
    };
  }
}

const GONE = {
  type: 'urn:serai:error:ERR_ATTACHMENT_EXPIRED',
  title: 'Gone',
  status: 410,
  detail: 'Gone.',
  code: 'ERR_ATTACHMENT_EXPIRED',
};
