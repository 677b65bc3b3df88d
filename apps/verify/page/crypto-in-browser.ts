import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';

// Stands for node:crypto in the page that opens from disk, with what verification needs of it and nothing else. It must judge as node:crypto does:
// crypto-in-browser.spec.ts compares the two.

type Bytes = Uint8Array;
type Curve = 'Ed25519' | 'X25519' | 'P-256' | 'ML-DSA-44';

/** A key as {@link createPublicKey} makes it. */
interface Key {
  readonly curve: Curve;
  readonly bytes: Bytes;
  readonly asymmetricKeyType: string;
}

interface Jwk {
  readonly kty?: unknown;
  readonly crv?: unknown;
  readonly alg?: unknown;
  readonly x?: unknown;
  readonly y?: unknown;
  readonly pub?: unknown;
}

const UNCOMPRESSED = 0x04;
const SIGNATURE_BYTES = 64;
const SCALAR_BYTES = 32;
const ML_DSA_44_BYTES = 1312;
const ORDER_OF_ED25519 = ed25519.Point.Fn.ORDER;

/** `hash('sha256', ...)` of node:crypto. */
export function hash(
  algorithm: string,
  content: Bytes | string,
  encoding: BufferEncoding | 'buffer' = 'hex',
): string | Buffer {
  const digest = sha256Of(algorithm, content);
  return encoding === 'buffer' ? digest : digest.toString(encoding);
}

/** `createHash('sha256')` of node:crypto. */
export function createHash(algorithm: string) {
  return collecting((content) => sha256Of(algorithm, content));
}

/** `createHmac('sha256', key)` of node:crypto. */
export function createHmac(algorithm: string, key: Bytes) {
  requireSha256(algorithm);
  return collecting((content) => Buffer.from(hmac(sha256, Uint8Array.from(key), content)));
}

/** `createPublicKey({ key: jwk, format: 'jwk' })` of node:crypto: throws for what is no point of its curve. */
export function createPublicKey({ key }: { readonly key: Jwk }): Key {
  if (key.kty === 'OKP' && key.crv === 'Ed25519') return keyOf('Ed25519', 'ed25519', decoded(key.x, SCALAR_BYTES));
  if (key.kty === 'OKP' && key.crv === 'X25519') return keyOf('X25519', 'x25519', decoded(key.x, SCALAR_BYTES));
  if (key.kty === 'AKP' && key.alg === 'ML-DSA-44')
    return keyOf('ML-DSA-44', 'ml-dsa-44', decoded(key.pub, ML_DSA_44_BYTES));
  if (key.kty !== 'EC' || key.crv !== 'P-256') throw new TypeError('This key is of no kind that is verified here.');
  const point = Uint8Array.from([UNCOMPRESSED, ...decoded(key.x, SCALAR_BYTES), ...decoded(key.y, SCALAR_BYTES)]);
  p256.Point.fromBytes(point).assertValidity();
  return keyOf('P-256', 'ec', point);
}

/** `verify` of node:crypto for Ed25519, ML-DSA-44 (no algorithm named) and ES256 (`sha256`, signatures of 64 bytes). */
export function verify(
  algorithm: string | null,
  content: Bytes,
  given: Key | { readonly key: Key },
  signed: Bytes,
): boolean {
  const key = 'curve' in given ? given : given.key;
  const [message, signature] = [Uint8Array.from(content), Uint8Array.from(signed)];
  if (algorithm === 'sha256' && key.curve === 'P-256') return isEs256(message, key.bytes, signature);
  if (algorithm === null && key.curve === 'Ed25519') return isEd25519(message, key.bytes, signature);
  if (algorithm === null && key.curve === 'ML-DSA-44') return isMlDsa44(message, key.bytes, signature);
  throw new TypeError('This key does not make such signatures.');
}

/** `diffieHellman` of node:crypto for X25519: throws for points of small order. */
export function diffieHellman({
  privateKey,
  publicKey,
}: {
  readonly privateKey: Key;
  readonly publicKey: Key;
}): Buffer {
  return Buffer.from(x25519.getSharedSecret(privateKey.bytes, publicKey.bytes));
}

/** `generateKeyPairSync('x25519')` of node:crypto. */
export function generateKeyPairSync(): { readonly privateKey: Key } {
  return { privateKey: keyOf('X25519', 'x25519', x25519.utils.randomSecretKey()) };
}

const notInPages = (): never => {
  throw new TypeError('A page that verifies neither signs nor encrypts.');
};
export const createPrivateKey = notInPages;
export const createSecretKey = notInPages;
export const createCipheriv = notInPages;
export const createDecipheriv = notInPages;
export const randomBytes = notInPages;
export const randomUUID = notInPages;
export const sign = notInPages;

/** RFC 8032 section 5.1.7 as OpenSSL does it: without the cofactor, S below the order, R compared as bytes. */
function isEd25519(message: Bytes, publicKey: Bytes, signature: Bytes): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const [r, s] = [signature.subarray(0, SCALAR_BYTES), numberOf(signature.subarray(SCALAR_BYTES))];
  if (s >= ORDER_OF_ED25519) return false;
  const challenge = numberOf(sha512(Uint8Array.from([...r, ...publicKey, ...message]))) % ORDER_OF_ED25519;
  const { BASE, fromBytes } = pointsOfEd25519;
  const expected = BASE.multiplyUnsafe(s).add(fromBytes(publicKey).negate().multiplyUnsafe(challenge));
  return Buffer.compare(expected.toBytes(), r) === 0;
}

const pointsOfEd25519 = { BASE: ed25519.Point.BASE, fromBytes: (bytes: Bytes) => ed25519.Point.fromBytes(bytes) };

function isEs256(message: Bytes, publicKey: Bytes, signature: Bytes): boolean {
  return (
    signature.length === SIGNATURE_BYTES && succeeds(() => p256.verify(signature, message, publicKey, { lowS: false }))
  );
}

function isMlDsa44(message: Bytes, publicKey: Bytes, signature: Bytes): boolean {
  return succeeds(() => ml_dsa44.verify(signature, message, publicKey));
}

/** What these libraries throw for malformed signatures, node:crypto answers with false. */
function succeeds(verification: () => boolean): boolean {
  try {
    return verification();
  } catch {
    return false;
  }
}

function keyOf(curve: Curve, asymmetricKeyType: string, bytes: Bytes): Key {
  return { curve, asymmetricKeyType, bytes };
}

function decoded(text: unknown, length: number): Bytes {
  const bytes = Uint8Array.from(Buffer.from(String(text), 'base64url'));
  if (bytes.length !== length) throw new TypeError('The key has another length than its kind.');
  return bytes;
}

/** Little-endian, as RFC 8032 has its numbers. */
function numberOf(bytes: Bytes): bigint {
  return BigInt(`0x${Buffer.from(Uint8Array.from(bytes).reverse()).toString('hex')}`);
}

function sha256Of(algorithm: string, content: Bytes | string): Buffer {
  requireSha256(algorithm);
  return Buffer.from(
    sha256(typeof content === 'string' ? Uint8Array.from(Buffer.from(content)) : Uint8Array.from(content)),
  );
}

function requireSha256(algorithm: string): void {
  if (algorithm !== 'sha256') throw new TypeError(`${algorithm} is not used here.`);
}

function collecting(finish: (content: Bytes) => Buffer) {
  const parts: Buffer[] = [];
  const collector = {
    update(part: Bytes | string) {
      parts.push(typeof part === 'string' ? Buffer.from(part) : Buffer.from(part));
      return collector;
    },
    digest(encoding?: BufferEncoding) {
      const digest = finish(Uint8Array.from(Buffer.concat(parts)));
      return encoding === undefined ? digest : digest.toString(encoding);
    },
  };
  return collector;
}
