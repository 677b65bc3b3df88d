import { hash } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Realm } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { type Officer, officerClaims, officerOf } from './officer.js';

/** Whose tokens are taken, for whom. */
export interface OidcSettings {
  readonly issuer: string;
  readonly audience: string;
  /** URN of the participant that every officer of this access point belongs to. */
  readonly participant: string;
  /** Training and production never meet: accounts of one are nobody in the other. */
  readonly realm: Realm;
}

const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'];
const TIMEOUT_MS = 5_000;
const CLOCK_TOLERANCE_SECONDS = 5;
/** An officer's calls come with the same token: what was found good is believed for this long, whatever becomes of the provider's keys meanwhile. */
const BELIEVED_MS = 30_000;
const MOST_BELIEVED = 1_000;

const providerMetadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** Verifies access tokens (RFC 9068) of the agency's OpenID provider; asks the provider for its keys when a token names an unknown one. */
export class OidcVerifier {
  private keys: Promise<JWTVerifyGetKey> | undefined;
  /** Officers by the hash of their token, with the time at which it must be verified again. */
  private readonly believed = new Map<string, { readonly officer: Officer; readonly untilMs: number }>();

  constructor(private readonly settings: OidcSettings) {}

  /**
   * @throws SeraiError ERR_OFFICER_UNAUTHENTICATED for a bad token, ERR_UPSTREAM_UNAVAILABLE when the provider does not answer
   */
  async verify(token: string): Promise<Officer> {
    const tokenHash = hash('sha256', token, 'base64url');
    const known = this.believed.get(tokenHash);
    if (known && Date.now() < known.untilMs) return known.officer;
    const officer = await this.verifyAnew(token);
    this.believe(tokenHash, officer);
    return officer;
  }

  private believe(tokenHash: string, officer: Officer): void {
    this.believed.delete(tokenHash);
    for (const oldest of this.believed.keys()) {
      if (this.believed.size < MOST_BELIEVED) break;
      this.believed.delete(oldest);
    }
    this.believed.set(tokenHash, { officer, untilMs: Math.min(Date.now() + BELIEVED_MS, officer.until.getTime()) });
  }

  private async verifyAnew(token: string): Promise<Officer> {
    const claims = officerClaims.safeParse(await this.verifyToken(token));
    if (!claims.success) {
      const wrong = claims.error.issues.map(({ path }) => path.join('.'));
      throw unauthenticated({ step: 'claims', wrong });
    }
    const { serai_participant: participant, serai_desks: desks } = claims.data;
    const own = `urn:serai:desk:${this.settings.participant.split(':').at(-1)}:`;
    if (claims.data.serai_realm !== this.settings.realm) throw unauthenticated({ step: 'realm' });
    if (participant !== this.settings.participant) throw unauthenticated({ step: 'participant' });
    if (!desks.every((desk) => desk.startsWith(own))) throw unauthenticated({ step: 'desks' });
    return officerOf(claims.data);
  }

  private async verifyToken(token: string): Promise<JWTPayload> {
    const keys = await this.providerKeys();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: this.settings.issuer,
        audience: this.settings.audience,
        algorithms: ALGORITHMS,
        typ: 'at+jwt',
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'exp', 'iat'],
      });
      return payload;
    } catch (cause) {
      throw isTokensFault(cause) ? unauthenticated({ step: 'token' }, cause) : unavailable(cause);
    }
  }

  /** Discovered once; a failure is forgotten, so that the next token tries again. */
  private async providerKeys(): Promise<JWTVerifyGetKey> {
    const keys = this.keys ?? this.discover();
    this.keys = keys;
    try {
      return await keys;
    } catch (cause) {
      if (this.keys === keys) this.keys = undefined;
      throw unavailable(cause);
    }
  }

  private async discover(): Promise<JWTVerifyGetKey> {
    const answer = await fetch(`${this.settings.issuer}/.well-known/openid-configuration`, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`discovery answered ${answer.status}`);
    const metadata = providerMetadata.parse(await answer.json());
    if (metadata.issuer !== this.settings.issuer) throw new Error('discovery names another issuer');
    return createRemoteJWKSet(new URL(metadata.jwks_uri), { timeoutDuration: TIMEOUT_MS });
  }
}

/** Of jose's errors, those of fetching the keys say nothing about the token. */
function isTokensFault(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC'
  );
}

function unauthenticated(detail: Record<string, unknown>, cause?: unknown): SeraiError {
  return new SeraiError('ERR_OFFICER_UNAUTHENTICATED', 'Log in and send a fresh access token.', { detail, cause });
}

function unavailable(cause: unknown): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The identity provider does not answer. Try again later.', {
    cause,
  });
}
