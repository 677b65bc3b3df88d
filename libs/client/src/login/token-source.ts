import type { TokenEndpointResponse } from 'openid-client';

/** Gives a valid access token; what {@link SeraiClientOptions.token} asks for. */
export type TokenSource = () => Promise<string>;

/** Tokens of one log-in, as they are kept between uses. */
export interface Tokens {
  readonly accessToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly refreshToken?: string;
}

/** A token that is about to expire would not survive the way to the access point. */
const MARGIN_MS = 15_000;

export function tokensOf(response: TokenEndpointResponse): Tokens {
  return {
    accessToken: response.access_token,
    expiresAt: Date.now() + (response.expires_in ?? 60) * 1000,
    ...(response.refresh_token ? { refreshToken: response.refresh_token } : {}),
  };
}

const isFresh = (tokens: Tokens): boolean => tokens.expiresAt - MARGIN_MS > Date.now();

/** Keeps tokens and renews them when they are about to expire; callers at the same time share one renewal. */
export function renewing(renew: (old: Tokens | undefined) => Promise<Tokens>, first?: Tokens): TokenSource {
  let tokens = first;
  let underWay: Promise<Tokens> | undefined;
  return async () => {
    if (tokens && isFresh(tokens)) return tokens.accessToken;
    underWay ??= renew(tokens).finally(() => {
      underWay = undefined;
    });
    tokens = await underWay;
    return tokens.accessToken;
  };
}
