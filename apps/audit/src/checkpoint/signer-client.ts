import { request } from 'node:http';
import { SeraiError } from '#libs/errors';
import type { SigningAnswer, SigningRequest } from '../signer/log-signer.js';
import { type SignerState, signerState, signingRefused } from '../signer/signing-protocol.js';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 131_072;

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** Speaks with the signer over its socket. Nothing that it answers is verified here. */
export class SignerClient {
  /** @param socket path */
  constructor(private readonly socket: string) {}

  /** @throws SeraiError ERR_UPSTREAM_UNAVAILABLE when it does not answer, or could not make its signature durable */
  async sign({ origin, oldSize, proof, size, root }: SigningRequest): Promise<SigningAnswer> {
    const hashes = proof.map((hash) => hash.toString('base64'));
    const asked = JSON.stringify({ origin, oldSize, proof: hashes, size, root: root.toString('base64') });
    const { status, body } = await this.call('POST', '/sign', asked);
    if (status === 200) return { note: body };
    const refused = signingRefused.safeParse(jsonOf(body));
    if (refused.success) return refused.data;
    throw silent({ status });
  }

  /** @throws SeraiError ERR_UPSTREAM_UNAVAILABLE */
  async state(): Promise<SignerState> {
    const { status, body } = await this.call('GET', '/state');
    const state = signerState.safeParse(jsonOf(body));
    if (status === 200 && state.success) return state.data;
    throw silent({ status });
  }

  private call(method: string, path: string, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => reject(silent({}, cause));
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const sent = request({ socketPath: this.socket, method, path, signal, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) sent.destroy(new RangeError('too long an answer'));
          chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      });
      sent.on('error', fail);
      sent.end(body);
    });
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function silent(detail: Record<string, unknown>, cause?: unknown): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The signer of the log does not sign. Look at its log.', {
    detail,
    cause,
  });
}
