import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';
import { SeraiError } from '#libs/errors';

/** The two signature algorithms of the project, by their JOSE names (RFC 9864, RFC 7518). */
export type SignatureAlgorithm = 'Ed25519' | 'ES256';

/** Whoever holds a private signing key: the keystore here, or an HSM. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  /** Raw JWS signature over `input`: 64 bytes (RFC 8032; or R and S of RFC 7518 section 3.4). */
  sign(input: Uint8Array): Promise<Uint8Array>;
}

/** What a thumbprint is of, in its order (RFC 7638 section 3.2, RFC 8037 section 2). */
const THUMBPRINT_MEMBERS = new Map<string | undefined, readonly (keyof JWK)[]>([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
]);

/**
 * RFC 7638 thumbprint with SHA-256: the key id of the project, 43 characters of base64url.
 *
 * @throws SeraiError ERR_TRUST_KEY_INVALID for a key of another type, or without a member that its type must have
 */
export async function thumbprint(jwk: JWK): Promise<string> {
  const members = THUMBPRINT_MEMBERS.get(jwk.kty);
  if (members === undefined || members.some((name) => typeof jwk[name] !== 'string' || jwk[name] === ''))
    throw unusable('no such key');
  return hash('sha256', JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]]))), 'base64url');
}

/** The one algorithm that fits a signing key, or undefined for a key that cannot sign here. */
export function algorithmOf(jwk: { readonly kty?: string; readonly crv?: string }): SignatureAlgorithm | undefined {
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return 'Ed25519';
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return 'ES256';
  return undefined;
}

/**
 * Signer over a private JWK (Ed25519 or P-256) held in memory.
 *
 * @throws SeraiError ERR_TRUST_KEY_INVALID when the JWK is not such a private key or its public half belongs to another
 */
export async function signerFromJwk(jwk: JWK): Promise<Signer> {
  const alg = algorithmOf(jwk);
  if (alg === undefined) throw unusable('not an Ed25519 or P-256 key');
  const key = importPrivateKey(jwk);
  const derived = createPublicKey(key).export({ format: 'jwk' });
  if (derived.x !== jwk.x || derived.y !== jwk.y) throw unusable('public half does not belong to the private half');
  return { kid: await thumbprint(derived as JWK), alg, sign: async (input) => signRaw(key, alg, input) };
}

function importPrivateKey(jwk: JWK): KeyObject {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    throw unusable('not a private key', cause);
  }
}

function signRaw(key: KeyObject, alg: SignatureAlgorithm, input: Uint8Array): Uint8Array {
  return alg === 'Ed25519' ? sign(null, input, key) : sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
}

function unusable(reason: string, cause?: unknown): SeraiError {
  return new SeraiError('ERR_TRUST_KEY_INVALID', 'The signing key cannot be used. Use an Ed25519 or P-256 key.', {
    cause,
    detail: { reason },
  });
}
