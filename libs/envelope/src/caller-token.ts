import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { OPERATIONS_URN, participantUrn, type Realm } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { parseCompactJws, signPayload, verifySignature } from './jws.js';
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

/** An authenticated operator of the hub. */
export interface Operator {
  /** Thumbprint of the key that signed: which of the registered operators' keys it was. */
  readonly kid: string;
  /** Unique id of the token. */
  readonly jti: string;
  readonly expiresAt: Date;
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
/** Of its own, so that no token of a participant is ever good where operators are served, and the other way round. */
const OPERATOR_TYP = 'serai-operator+jwt';
const LIFETIME_SECONDS = 60;

/** How far the clock of a caller may run ahead of, or behind, that of the service which it calls. In milliseconds. */
export const CALLER_CLOCK_TOLERANCE = { aheadMs: 10_000, behindMs: LIFETIME_SECONDS * 1_000 } as const;
const MAX_TOKEN_BYTES = 4096;

const numericDate = z.number().int().positive();
const claimsOf = (issuer: z.ZodType<string>) =>
  z.strictObject({
    iss: issuer,
    sub: issuer,
    aud: z.string(),
    iat: numericDate,
    exp: numericDate,
    jti: z.string().min(16).max(128),
  });
type Claims = z.infer<ReturnType<typeof claimsOf>>;

/** Who may sign a kind of token, and how it is marked. */
interface TokenKind {
  readonly typ: string;
  readonly claims: ReturnType<typeof claimsOf>;
}
const CALLER: TokenKind = { typ: CALLER_TYP, claims: claimsOf(participantUrn) };
const OPERATOR: TokenKind = { typ: OPERATOR_TYP, claims: claimsOf(z.literal(OPERATIONS_URN)) };

/**
 * Signs a token with which a participant calls a service of the hub: a JWT in the manner of RFC 7523 (iss = sub = caller), valid for 60 seconds.
 *
 * @example headers.authorization = `Bearer ${await signCallerToken({ participant, audience: serviceUrnOf('gateway'), now: new Date() }, signer)}`
 */
export async function signCallerToken({ participant, audience, now }: CallerClaims, signer: Signer): Promise<string> {
  return signToken(CALLER_TYP, participant, audience, now, signer);
}

/**
 * Signs a token with which an operator of the hub calls one of its services, valid for 60 seconds.
 *
 * @param audience URN of the called service
 */
export async function signOperatorToken(audience: string, now: Date, signer: Signer): Promise<string> {
  return signToken(OPERATOR_TYP, OPERATIONS_URN, audience, now, signer);
}

async function signToken(typ: string, issuer: string, aud: string, now: Date, signer: Signer): Promise<string> {
  const iat = Math.floor(now.getTime() / 1000);
  const token: Claims = { iss: issuer, sub: issuer, aud, iat, exp: iat + LIFETIME_SECONDS, jti: randomUUID() };
  const payload = Buffer.from(JSON.stringify(token)).toString('base64url');
  const signed = await signPayload(payload, typ, signer);
  return `${signed.protected}.${payload}.${signed.signature}`;
}

/**
 * Verifies a caller token: header, key active now, signature, owner and realm, claims, times.
 *
 * @throws SeraiError ERR_CALLER_CLOCK when only its time is wrong, ERR_CALLER_UNAUTHENTICATED whatever else failed; the step is in `detail`, what it
 *   threw in `cause`
 */
export async function verifyCallerToken(token: string, policy: CallerPolicy): Promise<Caller> {
  const { claims } = await verifyToken(token, CALLER, policy);
  return { participant: claims.iss, jti: claims.jti, expiresAt: new Date(claims.exp * 1000) };
}

/**
 * Verifies a token of an operator of the hub, as strictly.
 *
 * @throws SeraiError ERR_CALLER_CLOCK when only its time is wrong, ERR_CALLER_UNAUTHENTICATED whatever else failed; the step is in `detail`, what it
 *   threw in `cause`
 */
export async function verifyOperatorToken(token: string, policy: CallerPolicy): Promise<Operator> {
  const { claims, kid } = await verifyToken(token, OPERATOR, policy);
  return { kid, jti: claims.jti, expiresAt: new Date(claims.exp * 1000) };
}

async function verifyToken(
  token: string,
  kind: TokenKind,
  policy: CallerPolicy,
): Promise<{ claims: Claims; kid: string }> {
  const { payload, kid, key } = await verifyBytes(token, kind.typ, policy);
  const parsed = kind.claims.safeParse(payload);
  if (!parsed.success) throw unauthenticated('claims');
  const { iss, sub, aud, iat, exp } = parsed.data;
  if (key.realm !== policy.realm) throw unauthenticated('realm');
  if (iss !== key.owner || sub !== iss) throw unauthenticated('issuer');
  if (aud !== policy.audience) throw unauthenticated('audience');
  const now = policy.now.getTime() / 1000;
  if (exp <= iat || exp - iat > LIFETIME_SECONDS) throw unauthenticated('lifetime');
  if (iat > now + CALLER_CLOCK_TOLERANCE.aheadMs / 1000) throw ofAnotherTime('not yet valid', iat - now);
  if (exp <= now) throw ofAnotherTime('expired', iat - now);
  return { claims: parsed.data, kid };
}

async function verifyBytes(
  token: string,
  typ: string,
  policy: CallerPolicy,
): Promise<{ payload: unknown; kid: string; key: PublicKeyRecord }> {
  try {
    const jws = parseCompactJws(token, typ, MAX_TOKEN_BYTES);
    const { kid } = jws.header;
    const key = policy.keys(kid, 'sig', policy.now);
    await verifySignature(jws.header, jws.parts, key.jwk);
    return { payload: parseStrictJson(jws.payload, 'ERR_CALLER_UNAUTHENTICATED'), kid, key };
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

/** Said only to who has the key: everything but the time is good. */
function ofAnotherTime(step: string, aheadSeconds: number): SeraiError {
  const apart = Math.abs(Math.round(aheadSeconds));
  const message = `By its token the caller's clock is ${apart} s ${aheadSeconds > 0 ? 'ahead' : 'behind'}. Set it, and send a fresh token.`;
  return new SeraiError('ERR_CALLER_CLOCK', message, { detail: { step } });
}
