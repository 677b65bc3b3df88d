import { lookup as resolveName } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Signer } from '#libs/envelope';
import type { Nudge, NudgeChannel, Sent } from './channels.js';
import { nudgeText } from './nudge-text.js';
import { isPublicAddress } from './public-address.js';
import { webhookHeaders } from './webhook-signature.js';

/** What {@link WebhookChannel} runs on. */
export interface WebhookOptions {
  /** The service's own signing key, Ed25519; asked for at each call, so that a new one is used at once. */
  readonly signer: () => Signer;
  /** True for development: also http, and addresses that are not public. */
  readonly anyTarget: boolean;
  /** All addresses of a name; the resolver of the machine unless given. */
  readonly resolve?: (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
  /** For one attempt from the first packet to the status line. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const REFUSED = 'ERR_TARGET_NOT_PUBLIC';

/**
 * Nudges as signed HTTP calls. Whoever sets a webhook chooses where the hub connects to, so the address is judged where the connection is made: what a name
 * resolves to is checked and then connected to, without asking again in between. Redirects are answers like any other that is no 2xx; no body is read.
 */
export class WebhookChannel implements NudgeChannel {
  readonly kind = 'webhook';
  private readonly closing = new AbortController();

  constructor(private readonly options: WebhookOptions) {}

  /** What can be said of an address before it is connected to. */
  refusalOf(address: string): string | undefined {
    if (this.options.anyTarget) return undefined;
    const { protocol, hostname } = new URL(address);
    if (protocol !== 'https:') return 'A webhook must begin with https.';
    const ip = hostname.replace(/^\[|\]$/g, '');
    return isIP(ip) === 0 || isPublicAddress(ip) ? undefined : 'A webhook must be on the public internet.';
  }

  async send(address: string, nudge: Nudge): Promise<Sent> {
    const refusal = this.refusalOf(address);
    if (refusal !== undefined) return { ok: false, blame: 'target', reason: refusal };
    const timestamp = new Date();
    const { id, urgent, others } = nudge;
    const data = { urgent, others, text: nudgeText(nudge) };
    const body = JSON.stringify({ type: 'serai.nudge', timestamp: timestamp.toISOString(), data });
    const signed = await webhookHeaders(this.options.signer(), { id, timestamp, body });
    try {
      return outcomeOf(await this.post(new URL(address), body, signed));
    } catch (error) {
      return failureOf(error);
    }
  }

  close(): void {
    this.closing.abort();
  }

  /** Resolves to the status; the connection is over then. */
  private post(url: URL, body: string, signed: Record<string, string>): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timeout = AbortSignal.timeout(this.options.timeoutMs ?? TIMEOUT_MS);
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      agent: false,
      headers: {
        ...signed,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Caravanserai',
      },
      lookup: this.lookup,
      signal: AbortSignal.any([timeout, this.closing.signal]),
    });
    request.once('error', reject);
    request.once('response', (response) => {
      resolve(response.statusCode ?? 0);
      // However much more it would say. What this does to the socket is no failure any more.
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      request.destroy();
    });
    request.end(body);
    return promise;
  }

  /** Gives the connection only addresses that were checked: a name that says something else the next time gains nothing. */
  private readonly lookup: LookupFunction = (hostname, options, done) => {
    const resolve = this.options.resolve ?? ((name: string) => resolveName(name, { all: true }));
    resolve(hostname).then(
      (found) => {
        const addresses = found.map(({ address, family }) => ({ address, family }));
        const [first] = addresses;
        if (
          first === undefined ||
          !(this.options.anyTarget || addresses.every(({ address }) => isPublicAddress(address)))
        ) {
          done(Object.assign(new Error('the name has an address that is not public'), { code: REFUSED }), '', 0);
        } else if (options.all) done(null, addresses);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    );
  };
}

function outcomeOf(status: number): Sent {
  if (status >= 200 && status < 300) return { ok: true };
  const reason = `The webhook answered with status ${status}.`;
  return { ok: false, blame: 'target', reason, ...(status === 410 ? { gone: true } : {}) };
}

function failureOf(error: unknown): Sent {
  const { code, name } = error as { code?: string; name?: string };
  if (code === REFUSED) return { ok: false, blame: 'target', reason: 'A webhook must be on the public internet.' };
  // The resolver of the hub does not answer: no fault of the name.
  if (code === 'EAI_AGAIN') return { ok: false, blame: 'way', reason: 'Names can not be resolved at present.' };
  const late = code === 'ABORT_ERR' || name === 'AbortError' || name === 'TimeoutError';
  return {
    ok: false,
    blame: 'target',
    reason: late ? 'The webhook did not answer in time.' : 'The webhook could not be reached.',
  };
}
