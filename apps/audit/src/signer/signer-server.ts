import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { isSeraiError, SeraiError } from '#libs/errors';
import { serialiseNote } from '#libs/transparency-log';
import type { LogSigner, SigningRefusal } from './log-signer.js';
import { described, type SignerLog } from './signer-log.js';
import { MAX_SIGNING_REQUEST_BYTES, type SignerState, signingRequest } from './signing-protocol.js';
import { openPrivateFolder } from './state-file.js';

const REQUEST_TIMEOUT_MS = 5_000;
/** Audit, one that stands by, and somebody who looks. */
const MAX_CONNECTIONS = 8;

export interface SignerServerOptions {
  readonly signer: LogSigner;
  readonly log: SignerLog;
  /** Called when the signer must not go on: its state is not its own any more. */
  readonly onRollback: (error: unknown) => void;
}

/** The signer's door: HTTP over a Unix domain socket, with `POST /sign` and `GET /state`. */
export class SignerServer {
  private readonly server: Server;
  private readonly refusals: SignerState['refusals'] = {};

  constructor(private readonly options: SignerServerOptions) {
    this.server = createServer({ maxHeaderSize: 4_096, requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      void this.answer(request, response);
    });
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** @throws SeraiError ERR_CONFIG_INVALID when another signer listens there, or others may enter the folder */
  async listen(socket: string): Promise<void> {
    await openPrivateFolder(path.dirname(socket));
    if (await isAnswered(socket))
      throw new SeraiError('ERR_CONFIG_INVALID', `Another signer listens at ${socket} already. Let one run.`);
    await rm(socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(socket, resolve);
    });
    await chmod(socket, 0o600);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method === 'POST' && request.url === '/sign') await this.sign(request, response);
      else if (request.method === 'GET' && request.url === '/state') await this.show(response);
      else send(response, 404, 'text/plain', 'There is POST /sign and GET /state.\n');
    } catch (error) {
      this.options.log.error('nothing was signed', described(error));
      send(response, 503, 'text/plain', 'What was to be signed could not be made durable.\n');
      if (isSeraiError(error, 'ERR_LOG_ROLLBACK')) this.options.onRollback(error);
    }
  }

  private async sign(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { signer } = this.options;
    const read = signingRequest.safeParse(await jsonOf(request));
    if (!read.success) return this.refuse(response, 400, 'malformed', (await signer.last()).head.size);
    const answer = await signer.sign(read.data);
    if ('note' in answer) return send(response, 200, 'text/plain; charset=utf-8', answer.note);
    this.refuse(response, 409, answer.refusal, answer.size, read.data.size);
  }

  private refuse(response: ServerResponse, status: number, refusal: SigningRefusal, size: number, asked = 0): void {
    this.refusals[refusal] = (this.refusals[refusal] ?? 0) + 1;
    const fields = { refusal, signed: size, asked };
    if (refusal === 'conflict') this.options.log.info('asked from another size than was signed last', fields);
    else this.options.log.error('ALARM: asked to sign what does not continue the log', fields);
    send(response, status, 'application/json', JSON.stringify({ refusal, size }));
  }

  private async show(response: ServerResponse): Promise<void> {
    const { note } = await this.options.signer.last();
    const state: SignerState = { checkpoint: serialiseNote(note).toString('utf8'), refusals: this.refusals };
    send(response, 200, 'application/json', JSON.stringify(state));
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': type }).end(body);
}

/** Undefined for what is too long or no JSON. */
async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_SIGNING_REQUEST_BYTES) chunks.push(chunk);
  }
  if (length > MAX_SIGNING_REQUEST_BYTES) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Whether a process listens there; a socket that a dead one left answers nothing. */
function isAnswered(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = connect(socket);
    attempt.once('connect', () => {
      attempt.destroy();
      resolve(true);
    });
    attempt.once('error', () => resolve(false));
  });
}
