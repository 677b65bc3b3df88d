import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { participantUrn, type Realm } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { type CompactJws, parseCompactJws, signPayload, verifySignature } from './jws.js';
import type { KeyResolver, PublicKeyRecord } from './public-key.js';
import type { Signer } from './signer.js';
import { parseStrictJson } from './strict-json.js';

/** What a caller token says: who calls whom, and when. */
export interface CallerClaims {
  /** URN of the calling participant. */
  readonly participant: string;
  /** URN of the called service. */
  readonly audience: string;
  readonly now: Date;
}

/** What the called service demands of a caller token. */
export interface CallerPolicy {
  /** URN of the called service. */
  readonly audience: string;
  readonly keys: KeyResolver;
  readonly now: Date;
  readonly realm: Realm;
}

/** An authenticated caller. */
export interface Caller {
  readonly participant: string;
  /** Unique id of the token. */
  readonly jti: string;
  readonly expiresAt: Date;
}

const CALLER_TYP = 'serai-caller+jwt';
const LIFETIME_SECONDS = 60;
/** How far the caller's clock may run ahead of ours. */
const CLOCK_SKEW_SECONDS = 10;
const MAX_TOKEN_BYTES = 4096;

const numericDate = z.number().int().positive();
const claims = z.strictObject({
  iss: participantUrn,
  sub: participantUrn,
  aud: z.string(),
  iat: numericDate,
  exp: numericDate,
  jti: z.string().min(16).max(128),
});

/**
 * Signs a token with which a participant calls a service of the hub: a JWT in the manner of RFC 7523 (iss = sub = caller), valid for 60 seconds.
 *
 * @example headers.authorization = `Bearer ${await signCallerToken({ participant, audience: serviceUrnOf('gateway'), now: new Date() }, signer)}`
 */
export async function signCallerToken({ participant, audience, now }: CallerClaims, signer: Signer): Promise<string> {
  const iat = Math.floor(now.getTime() / 1000);
  const token: z.infer<typeof claims> = {
    iss: participant,
    sub: participant,
    aud: audience,
    iat,
    exp: iat + LIFETIME_SECONDS,
    jti: randomUUID(),
  };
  const payload = Buffer.from(JSON.stringify(token)).toString('base64url');
  const signed = await signPayload(payload, CALLER_TYP, signer);
  return `${signed.protected}.${payload}.${signed.signature}`;
}

/**
 * Verifies a caller token: header, key active now, signature, owner and realm, claims, times.
 *
 * @throws SeraiError ERR_CALLER_UNAUTHENTICATED whatever failed; the step is in `detail`, what it threw in `cause`
 */
export async function verifyCallerToken(token: string, policy: CallerPolicy): Promise<Caller> {
  const { jws, key } = await verifyToken(token, policy);
  const parsed = claims.safeParse(jws.claims);
  if (!parsed.success) throw unauthenticated('claims');
  const { iss, sub, aud, iat, exp, jti } = parsed.data;
  if (key.realm !== policy.realm) throw unauthenticated('realm');
  if (iss !== key.owner || sub !== iss) throw unauthenticated('issuer');
  if (aud !== policy.audience) throw unauthenticated('audience');
  const now = policy.now.getTime() / 1000;
  if (exp <= iat || exp - iat > LIFETIME_SECONDS) throw unauthenticated('lifetime');
  if (iat > now + CLOCK_SKEW_SECONDS) throw unauthenticated('not yet valid');
  if (exp <= now) throw unauthenticated('expired');
  return { participant: iss, jti, expiresAt: new Date(exp * 1000) };
}

async function verifyToken(
  token: string,
  policy: CallerPolicy,
): Promise<{ jws: CompactJws & { claims: unknown }; key: PublicKeyRecord }> {
  try {
    const jws = parseCompactJws(token, CALLER_TYP, MAX_TOKEN_BYTES);
    const key = policy.keys(jws.header.kid, 'sig', policy.now);
    await verifySignature(jws.header, jws.parts, key.jwk);
    return { jws: { ...jws, claims: parseStrictJson(jws.payload, 'ERR_CALLER_UNAUTHENTICATED') }, key };
  } catch (cause) {
    throw cause instanceof SeraiError ? unauthenticated('signature', cause) : cause;
  }
}

function unauthenticated(step: string, cause?: unknown): SeraiError {
  return new SeraiError('ERR_CALLER_UNAUTHENTICATED', 'Send a fresh token, signed with your registered key.', {
    cause,
    detail: { step },
  });
}
