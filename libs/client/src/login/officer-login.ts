import * as oidc from 'openid-client';
import { isSeraiError, SeraiError } from '#libs/errors';
import { API_SCOPE, discover, type Issuer, patiently } from './oidc.js';
import { renewing, type TokenSource, type Tokens, tokensOf } from './token-source.js';

/** Where officers log in, and for which access point. */
export interface LoginTarget extends Issuer {
  /** URN of the participant: the token is good for its access point alone. */
  readonly participant: string;
  /** `serai-cli` unless given. */
  readonly clientId?: string;
}

/** One authorization request with PKCE (RFC 7636): the address to visit, and what turns its answer into tokens. */
export interface CodeFlow {
  readonly url: URL;
  /** `answer` is the address, with its query, to which the provider redirected. */
  complete(answer: URL): Promise<Tokens>;
}

/** Prepares the authorization code flow; the provider redirects to `redirectUri`, which nobody needs to serve in a scripted log-in. */
export async function startCodeFlow(target: LoginTarget, redirectUri: string): Promise<CodeFlow> {
  const config = await discover(target, target.clientId ?? 'serai-cli', oidc.None());
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: `openid ${API_SCOPE}`,
    resource: target.participant,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  return {
    url,
    complete: async (answer) => {
      const checks = { pkceCodeVerifier: verifier, expectedState: state };
      return tokensOf(await patiently(target, () => oidc.authorizationCodeGrant(config, answer, checks)));
    },
  };
}

/** Trades a refresh token in; `ERR_OFFICER_UNAUTHENTICATED` when the provider does not know it any more. */
export async function refreshTokens(target: LoginTarget, refreshToken: string): Promise<Tokens> {
  const config = await discover(target, target.clientId ?? 'serai-cli', oidc.None());
  return tokensOf(await patiently(target, () => oidc.refreshTokenGrant(config, refreshToken)));
}

/** Tokens of a log-in that took place; renewed by the refresh token, calling `keep` each time, until that ends. */
export function continuedLogin(target: LoginTarget, first: Tokens, keep: (tokens: Tokens) => void): TokenSource {
  return renewing(async (old) => {
    if (!old?.refreshToken) throw new SeraiError('ERR_OFFICER_UNAUTHENTICATED', 'The log-in has ended. Log in again.');
    const tokens = await refreshTokens(target, old.refreshToken);
    keep(tokens);
    return tokens;
  }, first);
}

/**
 * Scripted log-in at the development identity provider: fills its log-in page as a browser would. Renews by refresh token, and logs in again when the
 * provider has forgotten that.
 */
export function passwordLogin(target: LoginTarget, username: string, password: string): TokenSource {
  return renewing(async (old) => {
    if (old?.refreshToken) {
      try {
        return await refreshTokens(target, old.refreshToken);
      } catch (error) {
        if (!isSeraiError(error, 'ERR_OFFICER_UNAUTHENTICATED')) throw error;
      }
    }
    return logInOnce(target, username, password);
  });
}

const REDIRECT_URI = 'http://127.0.0.1/callback';

/** One scripted log-in with fresh tokens. */
export async function logInOnce(target: LoginTarget, username: string, password: string): Promise<Tokens> {
  const flow = await startCodeFlow(target, REDIRECT_URI);
  const answer = await patiently(target, () => fillLoginPage(flow.url, username, password));
  return flow.complete(answer);
}

/** Follows redirects with cookies until the provider sends us back; fills the one form that comes on the way. */
async function fillLoginPage(start: URL, username: string, password: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let next = start;
  let form: URLSearchParams | undefined;
  for (let hop = 0; hop < 10; hop += 1) {
    const response = await fetch(next, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      signal: AbortSignal.timeout(15_000),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location) {
      next = new URL(location, next);
      form = undefined;
      if (next.href.startsWith(REDIRECT_URI)) return next;
      continue;
    }
    if (form || !response.ok) throw await refusedLogin(response);
    form = new URLSearchParams({ username, password });
  }
  throw new SeraiError('ERR_OFFICER_UNAUTHENTICATED', 'The identity provider sent the log-in round in circles.');
}

async function refusedLogin(response: Response): Promise<Error> {
  const [, sentence] = /role="alert"[^>]*>([^<]+)</.exec(await response.text()) ?? [];
  if (response.status >= 500) return new Error('server error', { cause: response });
  return new SeraiError(
    'ERR_OFFICER_UNAUTHENTICATED',
    sentence ?? `The identity provider answered ${response.status}.`,
  );
}
