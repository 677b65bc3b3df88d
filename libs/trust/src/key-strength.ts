import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { PublicJwk } from '#libs/contracts';
import { decodeBase64url } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { weaknessOfEd25519 } from '#libs/transparency-log';

const X25519_PRIME = 2n ** 255n - 19n;

/**
 * Asserts that a public key may be registered for its use: `sig` takes Ed25519 and P-256, `enc` takes X25519 and P-256. Coordinates must be canonical
 * base64url (or one key would have two thumbprints), points must be on their curve in canonical encoding and not of small order.
 *
 * @throws SeraiError ERR_TRUST_KEY_INVALID
 */
export function assertUsableKey(jwk: PublicJwk, use: 'sig' | 'enc'): void {
  const weakness = weaknessOf(jwk, use);
  if (weakness === undefined) return;
  throw new SeraiError('ERR_TRUST_KEY_INVALID', `The key cannot be used for ${use}: ${weakness}. Register another.`);
}

function weaknessOf(jwk: PublicJwk, use: 'sig' | 'enc'): string | undefined {
  if (jwk.crv === (use === 'sig' ? 'X25519' : 'Ed25519')) return `${jwk.crv} does not fit this use`;
  const x = decodeBase64url(jwk.x);
  if (x === undefined || (jwk.kty === 'EC' && decodeBase64url(jwk.y) === undefined)) return 'encoding is not canonical';
  if (jwk.crv === 'Ed25519') return weaknessOfEd25519(x);
  if (jwk.crv === 'X25519') return weaknessOfX25519(x, jwk);
  return importable(jwk) === undefined ? 'not on the curve' : undefined;
}

/** OpenSSL refuses a shared secret of zeros, and every point of small order gives one with every private key (RFC 7748 section 6.1). */
function weaknessOfX25519(u: Buffer, jwk: PublicJwk): string | undefined {
  if (BigInt(`0x${Buffer.from(u).reverse().toString('hex')}`) >= X25519_PRIME) return 'not canonical';
  const publicKey = importable(jwk);
  if (publicKey === undefined) return 'malformed';
  try {
    diffieHellman({ privateKey: generateKeyPairSync('x25519').privateKey, publicKey });
    return undefined;
  } catch {
    return 'small order';
  }
}

/** OpenSSL checks on import that a P-256 point is on its curve. */
function importable(jwk: PublicJwk): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
