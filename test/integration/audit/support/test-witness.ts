import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  cosign,
  decideAddCheckpoint,
  type NoteSignature,
  readAddCheckpoint,
  type SignerKey,
  serialiseSignatureLines,
  type VerifierKey,
  type WitnessedHead,
} from '#libs/transparency-log';
import { cosigner } from './test-log.js';

type Answering = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void | Promise<void>;

/** A witness that a test runs: c2sp.org/tlog-witness over the lib's own rules, in memory; `answering` may play another one. */
export class TestWitness {
  readonly key: SignerKey;
  readonly heads = new Map<string, WitnessedHead>();
  /** Instead of what a good witness does. */
  answering: Answering = (_, response, body) => this.answer(response, body);
  /** Makes its signature; of a key made from its name unless a test says otherwise. */
  cosigning: (text: string) => NoteSignature | Promise<NoteSignature> = (text) => this.cosignatureOf(text);
  /** Whom it believes, by origin. */
  logs: VerifierKey[] = [];
  /** Added to the time of each cosignature, in seconds. */
  skew = 0;
  calls = 0;
  private server: Server | undefined;
  private port = 0;

  constructor(readonly name: string) {
    this.key = cosigner(`${name}.witness.example`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/${this.name}`;
  }

  async start(): Promise<this> {
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Keeps its port for the next {@link start}. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** What a good witness answers. */
  async answer(response: ServerResponse, body: Buffer): Promise<void> {
    const request = readAddCheckpoint(body, (origin) => this.logs.filter(({ name }) => name === origin));
    const decision =
      request.status === undefined ? decideAddCheckpoint(request, this.heads.get(request.head.origin)) : request;
    if (decision.status !== 200) {
      response.writeHead(decision.status, { 'content-type': decision.contentType }).end(`${decision.body}`);
      return;
    }
    this.heads.set(decision.head.origin, decision.head);
    const cosignature = await this.cosigning(decision.note.text);
    response.writeHead(200).end(serialiseSignatureLines([cosignature]));
  }

  cosignatureOf(text: string, key = this.key) {
    return cosign(text, key, Math.floor(Date.now() / 1000) + this.skew);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.calls += 1;
    await this.answering(request, response, Buffer.concat(chunks));
  }
}
