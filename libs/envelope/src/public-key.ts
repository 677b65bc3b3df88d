import type { KeyObject } from 'node:crypto';
import type { PublicJwk, Realm } from '#libs/contracts';
import { publicKey } from './key-agreement.js';
import { algorithmOf, type SignatureAlgorithm, thumbprint } from './signer.js';

/** A registered public key that was active at the asked time. */
export interface PublicKeyRecord {
  /** RFC 7638 thumbprint of `jwk`. */
  readonly kid: string;
  /** URN of the participant or service that holds the private half. */
  readonly owner: string;
  readonly realm: Realm;
  readonly jwk: PublicJwk;
}

/**
 * Finds a key that was active at a time; lib `trust` gives one over its directory.
 *
 * @throws SeraiError ERR_TRUST_UNKNOWN_KEY, ERR_TRUST_KEY_INACTIVE
 */
export type KeyResolver = (kid: string, use: 'sig', at: Date) => PublicKeyRecord;

/** A public key made ready for verification. */
export interface VerificationKey {
  readonly alg: SignatureAlgorithm;
  readonly key: KeyObject;
}

interface CachedKey extends VerificationKey {
  readonly jwk: PublicJwk;
}

const MAX_CACHED_KEYS = 1024;
const cache = new Map<string, CachedKey>();

/**
 * Imports a public signing key, once per key id. Undefined when `kid` is not the thumbprint of `jwk`, or the key cannot verify signatures.
 */
export async function verificationKey(kid: string, jwk: PublicJwk): Promise<VerificationKey | undefined> {
  const known = cache.get(kid);
  if (known !== undefined) return isSameKey(known.jwk, jwk) ? known : undefined;
  const alg = algorithmOf(jwk);
  if (alg === undefined || (await thumbprint(jwk)) !== kid) return undefined;
  const imported = importPublicKey(jwk);
  if (imported === undefined) return undefined;
  const entry = { alg, key: imported, jwk: { ...jwk } };
  if (cache.size >= MAX_CACHED_KEYS) cache.delete(cache.keys().next().value!);
  cache.set(kid, entry);
  return entry;
}

function importPublicKey(jwk: PublicJwk): KeyObject | undefined {
  try {
    return publicKey(jwk);
  } catch {
    return undefined;
  }
}

function isSameKey(one: PublicJwk, other: PublicJwk): boolean {
  return (
    one.crv === other.crv && one.x === other.x && (one.kty === 'EC' && other.kty === 'EC' ? one.y === other.y : true)
  );
}
