import { DetailedError, Upload } from 'tus-js-client';
import { v7 as uuid7 } from 'uuid';
import { ACCESS_POINT_API, type ApiProblem, type AttachmentMediaType, apiProblem } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { SeraiProblem } from '../serai-problem.js';
import type { Transport } from './transport.js';

/** A file that is to be attached. */
export interface NewAttachmentFile {
  readonly name: string;
  readonly mediaType: AttachmentMediaType;
  readonly content: Uint8Array;
}

/** A file that was attached to a message. */
export interface AttachedFile {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** Of a transfer of bytes. */
export interface TransferOptions {
  /** Told how many of how many bytes have been carried. */
  readonly onProgress?: (carried: number, bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Of an upload: `attachmentId` goes on with an earlier one, `idempotencyKey` finds it again when its id got lost. */
export interface UploadOptions extends TransferOptions {
  readonly attachmentId?: string;
  readonly idempotencyKey?: string;
}

/** Bytes of one call: it fits a call's time limit on a slow line, and the parts in which the access point stores. */
const CHUNK_BYTES = 1_048_576;
const RETRY_DELAYS_MS = [100, 300, 1_000, 2_000, 4_000, 8_000];

/** Uploads a file by tus; goes on after interruptions where the access point says. Resolves to the id of the attachment. */
export async function uploadFile(
  transport: Transport,
  file: NewAttachmentFile,
  options: UploadOptions,
): Promise<string> {
  const { desk = '', purpose = '', baseUrl, token } = transport.options;
  const endpoint = new URL(ACCESS_POINT_API.createAttachment.path, baseUrl).href;
  const key = options.idempotencyKey ?? uuid7();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const upload = new Upload(Buffer.from(file.content), {
    endpoint,
    ...(options.attachmentId === undefined ? {} : { uploadUrl: `${endpoint}/${options.attachmentId}` }),
    metadata: { filename: file.name, filetype: file.mediaType },
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS_MS,
    storeFingerprintForResuming: false,
    onShouldRetry: isWorthRetrying,
    headers: { 'serai-desk': desk, 'serai-purpose': purpose, 'idempotency-key': key },
    onBeforeRequest: async (request) => request.setHeader('authorization', `Bearer ${await token()}`),
    onProgress: (carried, bytes) => options.onProgress?.(carried, bytes ?? file.content.byteLength),
    onSuccess: () => resolve(),
    onError: (error) => reject(failureOf(error, baseUrl)),
  });
  const stop = () => void upload.abort().finally(() => reject(options.signal?.reason));
  options.signal?.addEventListener('abort', stop);
  upload.start();
  await promise.finally(() => options.signal?.removeEventListener('abort', stop));
  return upload.url?.split('/').at(-1) ?? '';
}

/** Downloads a file; all of it, or an error and nothing. */
export async function downloadFile(
  transport: Transport,
  params: { readonly legId: string; readonly envelopeId: string; readonly attachmentId: string },
  { onProgress, signal }: TransferOptions,
): Promise<AttachedFile> {
  const answer = await transport.open('downloadAttachment', { params, signal });
  const bytes = Number(answer.headers.get('content-length'));
  const pieces: Uint8Array[] = [];
  let carried = 0;
  try {
    for await (const piece of answer.body ?? []) {
      pieces.push(piece);
      carried += piece.byteLength;
      onProgress?.(carried, bytes);
    }
  } catch (cause) {
    throw brokenOff(cause);
  }
  if (carried !== bytes) throw brokenOff(undefined);
  const mediaType = answer.headers.get('content-type') ?? 'application/octet-stream';
  return { name: nameOf(answer.headers.get('content-disposition')), mediaType, content: Buffer.concat(pieces) };
}

function brokenOff(cause: unknown): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The download broke off; nothing of it may be used. Try again.', {
    cause,
  });
}

/** The extended parameter of RFC 6266. */
function nameOf(disposition: string | null): string {
  const [, encoded] = /filename\*=UTF-8''([^;]+)/.exec(disposition ?? '') ?? [];
  return encoded === undefined ? 'attachment' : decodeURIComponent(encoded);
}

/** No answer, an access point that is not there at the moment, or bytes that begin elsewhere than the upload goes on. */
function isWorthRetrying(error: Error | DetailedError): boolean {
  const answer = error instanceof DetailedError ? error.originalResponse : undefined;
  if (!answer) return true;
  return [502, 503, 504].includes(answer.getStatus()) || problemOf(answer.getBody())?.code === 'ERR_ATTACHMENT_OFFSET';
}

function failureOf(error: Error | DetailedError, baseUrl: string): Error {
  const answer = error instanceof DetailedError ? error.originalResponse : undefined;
  const problem = problemOf(answer?.getBody() ?? '');
  if (problem) return new SeraiProblem(problem);
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', `The access point at ${baseUrl} does not answer.`, {
    cause: error,
  });
}

function problemOf(body: string): ApiProblem | undefined {
  try {
    return apiProblem.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
