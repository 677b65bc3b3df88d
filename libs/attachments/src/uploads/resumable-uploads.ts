import { Readable } from 'node:stream';
import { DataStore, ERRORS, MemoryLocker, Server, Upload as TusUpload } from '@tus/server';
import { SeraiError } from '#libs/errors';
import { cutIntoSegments } from '../cipher/segments.js';
import { PART_BYTES } from './parts.js';
import type { NewUpload, Upload, UploadBook } from './upload-book.js';

/** An HTTP request as Node has it; the body has not been read. */
export interface UploadRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** What to answer: tus says all in headers. */
export interface UploadAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where uploads are addressed and how large they may be. */
export interface UploadSettings {
  /** Address of all uploads: `/v1/attachments`. */
  readonly path: string;
  readonly maxBytes: number;
}

/** Serves resumable uploads: tus 1.0 (core, creation) by @tus/server, over the book of whoever keeps them. */
export class ResumableUploads {
  private readonly locker = new MemoryLocker();

  constructor(private readonly settings: UploadSettings) {}

  /**
   * Answers one call of a caller whose uploads are in `book`.
   *
   * @throws SeraiError what the book or the storage throw, ERR_REQUEST_NOT_FOUND, ERR_REQUEST_INVALID, ERR_ATTACHMENT_OFFSET, ERR_ATTACHMENT_TOO_LARGE
   */
  async handle(request: UploadRequest, book: UploadBook): Promise<UploadAnswer> {
    const { path, maxBytes } = this.settings;
    let thrown: unknown;
    const server = new Server({
      path,
      maxSize: maxBytes,
      relativeLocation: true,
      allowedOrigins: [],
      datastore: new BookedParts(book),
      locker: this.locker,
      namingFunction: (_request, metadata) => book.begin(newUploadOf(request, metadata ?? {}, maxBytes)),
      onResponseError: (_request, error) => {
        thrown = error;
        return undefined;
      },
    });
    const answer = await server.handleWeb(toWebRequest(request));
    if (thrown !== undefined) throw toSeraiError(thrown);
    if (!answer.ok) throw toSeraiError({ status_code: answer.status, body: await answer.text() });
    const names = ['location', 'upload-offset', 'upload-length', 'cache-control', 'tus-resumable'];
    const headers: Record<string, string> = {};
    for (const name of names) {
      const value = answer.headers.get(name);
      if (value !== null) headers[name] = value;
    }
    return { status: answer.status, headers };
  }
}

/** The store of @tus/server: bytes in parts of one size, counted in the book only when they are durable. */
class BookedParts extends DataStore {
  override extensions = ['creation'];

  constructor(private readonly book: UploadBook) {
    super();
  }

  /** {@link UploadBook.begin} has made it. */
  override async create(upload: TusUpload): Promise<TusUpload> {
    return upload;
  }

  override async getUpload(id: string): Promise<TusUpload> {
    const { bytes, received } = await this.find(id);
    return new TusUpload({ id, size: bytes, offset: received });
  }

  /** Keeps whole parts, and the rest where it is the end; returns how far the upload is. What else came is sent again by the client. */
  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    const upload = await this.find(id);
    let at = offset;
    for await (const { bytes } of cutIntoSegments(stream, () => PART_BYTES)) {
      const end = at + bytes.byteLength;
      const isEnd = end === upload.bytes;
      if (bytes.byteLength === 0 || (bytes.byteLength < PART_BYTES && !isEnd)) break;
      await this.book.put(upload, at, bytes);
      if (isEnd) await this.book.finish(upload);
      else if (!(await this.book.advance(upload, at, end))) throw ERRORS.INVALID_OFFSET;
      at = end;
    }
    return at;
  }

  private async find(id: string): Promise<Upload> {
    const upload = await this.book.find(id);
    if (!upload) throw ERRORS.FILE_NOT_FOUND;
    return upload;
  }
}

/** Judged before anything begins: @tus/server looks at the size only afterwards. */
function newUploadOf({ headers }: UploadRequest, metadata: Record<string, string | null>, maxBytes: number): NewUpload {
  const bytes = Number(headers['upload-length']);
  if (bytes > maxBytes) throw tooLarge();
  if (Number.isSafeInteger(bytes) && bytes > 0) return { bytes, metadata };
  throw new SeraiError('ERR_REQUEST_INVALID', 'Upload-Length must say how many bytes will come, at least one.');
}

function toWebRequest({ method, url, headers, body }: UploadRequest): Request {
  const given = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(':')) given.set(name, String(value));
  }
  const init: RequestInit = { method, headers: given };
  if (method !== 'PATCH') return new Request(`http://upload${url}`, init);
  return new Request(`http://upload${url}`, { ...init, body, duplex: 'half' });
}

function tooLarge(): SeraiError {
  return new SeraiError(
    'ERR_ATTACHMENT_TOO_LARGE',
    'The upload is larger than this address takes, or than it was said.',
  );
}

const OF_TUS: Readonly<Record<number, () => SeraiError>> = {
  404: () => new SeraiError('ERR_REQUEST_NOT_FOUND', 'There is no such upload of yours. Begin one.'),
  409: () => new SeraiError('ERR_ATTACHMENT_OFFSET', 'The upload goes on elsewhere. Ask with HEAD where.'),
  413: tooLarge,
};

/** tus-node-server throws plain objects with a status and a text. */
function toSeraiError(thrown: unknown): unknown {
  const { status_code: status, body } = (thrown ?? {}) as { status_code?: number; body?: string };
  if (thrown instanceof SeraiError || status === undefined) return thrown;
  const known = OF_TUS[status];
  if (known) return known();
  if (status >= 500) return thrown;
  return new SeraiError('ERR_REQUEST_INVALID', `The call is not tus 1.0: ${String(body).trim()}`);
}
