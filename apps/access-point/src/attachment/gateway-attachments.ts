import { Injectable } from '@nestjs/common';
import { DetailedError, Upload } from 'tus-js-client';
import { PART_BYTES } from '#libs/attachments';
import { type AttachmentProof, GATEWAY_API, problem } from '#libs/contracts';
import { type ErrorCode, isSeraiError, SeraiError } from '#libs/errors';
import { HubClient } from '../hub/hub-client.js';

const FETCH_MS = 300_000;
/** A hub that lets nothing be heard for this long has fallen silent. */
const SILENCE_MS = 10_000;

/** A ciphertext that the hub is to have. */
export interface OutgoingCiphertext {
  readonly attachmentId: string;
  readonly sha256: string;
  readonly content: Buffer;
}

/** Carries ciphertexts to and from the gateway. */
@Injectable()
export class GatewayAttachments {
  constructor(private readonly hub: HubClient) {}

  /**
   * Uploads, from where an earlier try ended.
   *
   * @param onProgress told how many bytes the gateway has made durable; an error from it ends the upload
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, or with the code that the gateway answered
   */
  async upload(
    { attachmentId, sha256, content }: OutgoingCiphertext,
    onProgress: (carried: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const endpoint = `${await this.hub.addressOf('gateway')}${GATEWAY_API.createUpload.path}`;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const silence = new Silence();
    const upload = new Upload(content, {
      endpoint,
      uploadUrl: `${endpoint}/${attachmentId}`,
      metadata: { attachment: attachmentId, sha256 },
      chunkSize: PART_BYTES,
      retryDelays: null,
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        request.setHeader('authorization', await this.hub.authorization('gateway'));
      },
      onProgress: () => silence.begin(),
      onChunkComplete: (_size, carried) => onProgress(carried),
      onSuccess: () => resolve(),
      onError: (error) => reject(toSeraiError(error)),
    });
    const ended = AbortSignal.any([signal, silence.signal]);
    ended.addEventListener('abort', () => void upload.abort().finally(() => reject(unavailable(ended.reason))));
    silence.begin();
    upload.start();
    await promise.finally(() => silence.end());
  }

  /**
   * Opens the ciphertext of an attachment, from `offset` on. Read all of it: a hub that falls silent meanwhile is left.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, or with the code that the gateway answered
   */
  async fetch(attachmentId: string, proof: AttachmentProof, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const path = GATEWAY_API.fetchAttachment.path.replace('{attachmentId}', attachmentId);
    const silence = new Silence();
    silence.begin();
    try {
      const answer = await this.hub.call('gateway', path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(proof),
        signal: AbortSignal.any([signal, silence.signal, AbortSignal.timeout(FETCH_MS)]),
      });
      if (answer.status === 200 && answer.body) return untilSilence(answer.body, silence);
      throw refusalOf(await answer.text().catch(() => ''), answer.status);
    } finally {
      silence.end();
    }
  }
}

/** Aborts when it lasts too long. */
class Silence {
  private readonly lasted = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.lasted.signal;
  }

  /** From now on, whatever was heard before. */
  begin(): void {
    this.end();
    this.timer = setTimeout(() => this.lasted.abort(new Error('the hub has fallen silent')), SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

/** Hands on what comes; while the reader is busy with it, the silence is not the hub's. */
async function* untilSilence(body: AsyncIterable<Uint8Array>, silence: Silence): AsyncIterable<Uint8Array> {
  silence.begin();
  try {
    for await (const bytes of body) {
      silence.end();
      yield bytes;
      silence.begin();
    }
  } finally {
    silence.end();
  }
}

function toSeraiError(error: Error | DetailedError): SeraiError {
  if (isSeraiError(error)) return error;
  const answer = error instanceof DetailedError ? error.originalResponse : undefined;
  return answer ? refusalOf(answer.getBody(), answer.getStatus(), error) : unavailable(error);
}

/** What the gateway says is not signed: it is believed only as far as to try again, or to let the message go and be refused with a signature. */
function refusalOf(body: string, status: number, cause?: unknown): SeraiError {
  const said = problem.safeParse(parse(body));
  if (!said.success) return unavailable(cause ?? new Error(`the gateway answered ${status}`));
  return new SeraiError(said.data.code as ErrorCode, 'The gateway refuses the attachment.', {
    cause,
    detail: { status },
  });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function unavailable(cause: unknown): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The hub does not answer. Try again later.', { cause });
}
