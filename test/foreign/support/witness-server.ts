import {
  cosign,
  decideAddCheckpoint,
  readAddCheckpoint,
  type SignerKey,
  serialiseSignatureLines,
  type VerifierKey,
  type WitnessDecision,
  type WitnessedHead,
} from '#libs/transparency-log';
import { type Listener, listen } from './listener.js';

/** A witness of c2sp.org/tlog-witness over what `libs/transparency-log` decides, with its heads in memory. */
export class WitnessServer {
  readonly #heads = new Map<string, WitnessedHead>();

  constructor(
    readonly signer: SignerKey,
    readonly logs: readonly VerifierKey[],
  ) {}

  headOf(origin: string): WitnessedHead | undefined {
    return this.#heads.get(origin);
  }

  /** @param port a free one when left out */
  listen(port = 0): Promise<Listener> {
    return listen((request, response) => {
      void request.toArray().then((chunks) => {
        const { status, contentType, body } = this.#answer(request.url, Buffer.concat(chunks));
        response.writeHead(status, { 'content-type': contentType }).end(body);
      });
    }, port);
  }

  #answer(url: string | undefined, body: Buffer) {
    if (url !== '/add-checkpoint') return { status: 404, contentType: 'text/plain', body: '' };
    const decision = this.#decide(body);
    if (decision.status !== 200) return decision;
    const line = cosign(decision.note.text, this.signer, Math.floor(Date.now() / 1000));
    return { status: 200, contentType: 'text/plain', body: serialiseSignatureLines([line]) };
  }

  #decide(body: Buffer): WitnessDecision {
    const request = readAddCheckpoint(body, (origin) => this.logs.filter(({ name }) => name === origin));
    if (request.status !== undefined) return request;
    const { origin } = request.head;
    const decision = decideAddCheckpoint(request, this.#heads.get(origin));
    if (decision.status === 200) this.#heads.set(origin, decision.head);
    return decision;
  }
}
