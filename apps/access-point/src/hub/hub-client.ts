import { type DiscoveryDocument, discoveryDocument, serviceUrnOf } from '#libs/contracts';
import { signCallerToken } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { currentTraceparent } from '#libs/telemetry';
import type { Identity } from '../identity.js';
import type { HubClock } from './hub-clock.js';

/** Services of the hub that an access point calls. */
export type HubService = 'gateway' | 'directory' | 'notifications' | 'audit';

const TIMEOUT_MS = 30_000;
const UNAUTHENTICATED = 401;

/** Calls the hub's services in this participant's name, each with a fresh caller token, over connections that stay open. */
export class HubClient {
  private addresses: Promise<DiscoveryDocument> | undefined;

  constructor(
    private readonly gatewayUrl: string,
    private readonly identity: Identity,
    private readonly clock: HubClock,
  ) {}

  /**
   * @param init `signal` replaces the limit of 30 seconds
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE when the service does not answer, ERR_CLOCK_WRONG when it refuses because of our clock; whatever else it
   *   answers is returned
   */
  async call(service: HubService, path: string, init: RequestInit = {}): Promise<Response> {
    const address = await this.addressOf(service);
    const headers = new Headers(init.headers);
    headers.set('authorization', await this.authorization(service));
    const traceparent = currentTraceparent();
    if (traceparent !== undefined) headers.set('traceparent', traceparent);
    const answer = await this.fetch(service, `${address}${path}`, { ...init, headers });
    if (answer.status === UNAUTHENTICATED && !this.clock.isRight) {
      await answer.body?.cancel();
      this.clock.assertRight();
    }
    return answer;
  }

  /**
   * Reads from the published log, which is open to everybody; undefined where the hub names none.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE
   */
  async readLog(path: string, signal: AbortSignal): Promise<Response | undefined> {
    const { audit } = await this.discover();
    if (audit !== undefined) return this.fetch('audit', `${audit}${path}`, { signal });
    this.addresses = undefined;
    return undefined;
  }

  private async fetch(service: HubService, url: string, init: RequestInit): Promise<Response> {
    const askedAt = Date.now();
    try {
      const signal = init.signal ?? AbortSignal.timeout(TIMEOUT_MS);
      const answer = await fetch(url, { ...init, signal, redirect: 'error' });
      this.clock.learn(answer, askedAt);
      return answer;
    } catch (cause) {
      // The service may have moved: ask the gateway again.
      this.addresses = undefined;
      throw unavailable(service, cause);
    }
  }

  /** Base address of a service, for callers with a client of their own. */
  async addressOf(service: HubService): Promise<string> {
    const address = (await this.discover())[service];
    if (address !== undefined) return address;
    this.addresses = undefined;
    throw new SeraiError('ERR_UPSTREAM_UNAVAILABLE', `The gateway names no address of ${service}. Try again later.`);
  }

  /** Header of one call in this participant's name. */
  async authorization(service: HubService): Promise<string> {
    const { participant, keystore } = this.identity;
    const claims = { participant, audience: serviceUrnOf(service), now: new Date() };
    return `Bearer ${await signCallerToken(claims, keystore.signer())}`;
  }

  /** Nothing is trusted for having come from there: every answer of a service is signed. */
  private async discover(): Promise<DiscoveryDocument> {
    const asked = this.addresses ?? this.readDiscovery();
    this.addresses = asked;
    try {
      return await asked;
    } catch (cause) {
      if (this.addresses === asked) this.addresses = undefined;
      throw unavailable('gateway', cause);
    }
  }

  private async readDiscovery(): Promise<DiscoveryDocument> {
    const answer = await fetch(`${this.gatewayUrl}/.well-known/serai`, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`discovery answered ${answer.status}`);
    const document = discoveryDocument.parse(await answer.json());
    if (document.realm !== this.identity.realm) throw new Error('the hub is of another realm');
    return document;
  }
}

function unavailable(service: HubService, cause: unknown): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The hub does not answer. Try again later.', {
    cause,
    detail: { service },
  });
}
