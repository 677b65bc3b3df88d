import * as oidc from 'openid-client';
import { SeraiError } from '#libs/errors';
import { repeatWithPatience, TryAgain } from '../transport/patience.js';

/** The scope of the access points' API. */
export const API_SCOPE = 'serai';

/** An identity provider and how long to go on while it does not answer; 20 s unless given. */
export interface Issuer {
  readonly issuer: string;
  readonly patienceMs?: number;
}

const PATIENCE_MS = 20_000;

/** Reads the provider's metadata. Plain HTTP is allowed for a provider on this very machine only. */
export async function discover(
  target: Issuer,
  clientId: string,
  authentication: oidc.ClientAuth,
): Promise<oidc.Configuration> {
  const url = new URL(target.issuer);
  const execute = isLoopback(url) ? [oidc.allowInsecureRequests] : [];
  return patiently(target, () => oidc.discovery(url, clientId, undefined, authentication, { execute }));
}

/** Repeats what the provider did not answer; whatever it did answer is final. */
export async function patiently<T>({ issuer, patienceMs }: Issuer, work: () => Promise<T>): Promise<T> {
  return repeatWithPatience({ ms: patienceMs ?? PATIENCE_MS }, async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SeraiError) throw error;
      if (!isUnanswered(error)) throw asRefusal(issuer, error);
      const sentence = `The identity provider at ${issuer} does not answer.`;
      throw new TryAgain(new SeraiError('ERR_UPSTREAM_UNAVAILABLE', sentence, { cause: error }));
    }
  });
}

/** No connection, no answer in time, or a server error: a provider that is not there at the moment. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.cause instanceof Response) return error.cause.status >= 500;
  const { name, code } = error as Error & { code?: string };
  return name === 'TypeError' || name === 'TimeoutError' || code === 'OAUTH_TIMEOUT';
}

function asRefusal(issuer: string, error: unknown): SeraiError {
  const { error: code, error_description: description } = error as { error?: string; error_description?: string };
  if (code === undefined) {
    return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', `${issuer} does not answer like an identity provider.`, {
      cause: error,
    });
  }
  const sentence = `The identity provider refused the log-in: ${description ?? code}.`;
  return new SeraiError('ERR_OFFICER_UNAUTHENTICATED', sentence, { cause: error });
}

const isLoopback = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
