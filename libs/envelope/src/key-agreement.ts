import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { JWK } from 'jose';
import type { PublicJwk } from '#libs/contracts';

/** The only key management of the project: ECDH-ES with a derived AES key that wraps the content key (RFC 7518 section 4.6). */
export const KEY_MANAGEMENT = 'ECDH-ES+A256KW';

/** A content key as one recipient gets it. */
export interface WrappedKey {
  /** Public half of the sender's one-time key. */
  readonly epk: PublicJwk;
  /** 40 bytes (RFC 3394). */
  readonly encryptedKey: Buffer;
}

const WRAPPING = 'id-aes256-wrap';
/** RFC 3394 section 2.2.3.1. */
const WRAPPING_IV = Buffer.alloc(8, 0xa6);

/** `OtherInfo` of the Concat KDF (RFC 7518 section 4.6.2) without apu and apv, for 256 bits; behind the counter 1 of its only round. */
const ROUND = uint32(1);
const OTHER_INFO = Buffer.concat([
  uint32(KEY_MANAGEMENT.length),
  Buffer.from(KEY_MANAGEMENT),
  uint32(0),
  uint32(0),
  uint32(256),
]);

/** Wraps a content key for the holder of a public key, under a fresh one-time key on the same curve. */
export function wrapKey(contentKey: Uint8Array, recipient: KeyObject): WrappedKey {
  const oneTime =
    recipient.asymmetricKeyType === 'x25519'
      ? generateKeyPairSync('x25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cipher = createCipheriv(WRAPPING, agree(oneTime.privateKey, recipient), WRAPPING_IV);
  const encryptedKey = Buffer.concat([cipher.update(contentKey), cipher.final()]);
  return { epk: oneTime.publicKey.export({ format: 'jwk' }) as PublicJwk, encryptedKey };
}

/** Unwraps a content key. Throws whatever OpenSSL says: the keys are on different curves or do not belong together, or a byte was changed. */
export function unwrapKey({ epk, encryptedKey }: WrappedKey, own: KeyObject): Buffer {
  const decipher = createDecipheriv(WRAPPING, agree(own, publicKey(epk)), WRAPPING_IV);
  return Buffer.concat([decipher.update(encryptedKey), decipher.final()]);
}

export function publicKey({ kty, crv, x, ...rest }: PublicJwk): KeyObject {
  return createPublicKey({ key: { kty, crv, x, ...rest }, format: 'jwk' });
}

const privateKeys = new WeakMap<JWK, KeyObject>();

/** The private half of a JWK, made ready once for as long as the JWK is kept. */
export function privateKey(jwk: JWK): KeyObject {
  const known = privateKeys.get(jwk);
  if (known) return known;
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  privateKeys.set(jwk, key);
  return key;
}

function agree(own: KeyObject, other: KeyObject): KeyObject {
  const shared = diffieHellman({ privateKey: own, publicKey: other });
  return createSecretKey(createHash('sha256').update(ROUND).update(shared).update(OTHER_INFO).digest());
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
