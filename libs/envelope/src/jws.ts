import { hash, verify } from 'node:crypto';
import { keyId, type PublicJwk } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { decodeBase64url } from './base64url.js';
import { isLowS, toLowS } from './low-s.js';
import { verificationKey } from './public-key.js';
import type { SignatureAlgorithm, Signer } from './signer.js';
import { parseStrictJson } from './strict-json.js';

/** The only header that we sign and accept (RFC 7515 section 4): these three members, no more. */
export interface ProtectedHeader {
  readonly alg: SignatureAlgorithm;
  readonly kid: string;
  readonly typ: string;
}

/** One signature of a JWS in general JSON serialization; both members base64url. */
export interface JwsSignature {
  readonly protected: string;
  readonly signature: string;
}

/** A compact JWS whose shape and header were checked, and nothing else yet. */
export interface CompactJws {
  readonly jws: string;
  readonly header: ProtectedHeader;
  readonly parts: JwsSignature & { readonly payload: string };
  readonly payload: Buffer;
}

/** Largest protected header in characters of base64url; ours has about 140. */
const MAX_HEADER_LENGTH = 512;
const SIGNATURE_BYTES = 64;

/** SHA-256 over the ASCII bytes of a compact JWS, in base64url: the name of an envelope in receipts, causes and chains. */
export function hashOf(jws: string): string {
  return hash('sha256', jws, 'base64url');
}

/** Signs `payload` (base64url) under a header of `typ`. ES256 signatures are brought to low S. */
export async function signPayload(payload: string, typ: string, signer: Signer): Promise<JwsSignature> {
  const header: ProtectedHeader = { alg: signer.alg, kid: signer.kid, typ };
  const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
  const raw = Buffer.from(await signer.sign(Buffer.from(`${encoded}.${payload}`, 'latin1')));
  return { protected: encoded, signature: (signer.alg === 'ES256' ? toLowS(raw) : raw).toString('base64url') };
}

/**
 * Splits and decodes a compact JWS without trusting it: size first, then three canonical parts, then the header.
 *
 * @throws SeraiError ERR_ENVELOPE_TOO_LARGE, ERR_ENVELOPE_MALFORMED, ERR_ENVELOPE_HEADER, ERR_ENVELOPE_ALGORITHM
 */
export function parseCompactJws(input: Uint8Array | string, typ: string, maxBytes: number): CompactJws {
  if (input.length > maxBytes) {
    throw new SeraiError('ERR_ENVELOPE_TOO_LARGE', `The message exceeds ${maxBytes} bytes. Send less.`, {
      detail: { length: input.length },
    });
  }
  const jws = typeof input === 'string' ? input : asLatin1(input);
  const [encodedHeader, encodedPayload, signature, ...rest] = jws.split('.', 4);
  if (!encodedHeader || !encodedPayload || !signature || rest.length > 0) throw malformed('three parts');
  const payload = decodeBase64url(encodedPayload);
  if (payload === undefined) throw malformed('payload encoding');
  if (decodeBase64url(signature)?.length !== SIGNATURE_BYTES) throw malformed('signature encoding');
  const header = parseProtectedHeader(encodedHeader, typ);
  return { jws, header, parts: { protected: encodedHeader, payload: encodedPayload, signature }, payload };
}

/**
 * Reads a protected header: an object with exactly `alg`, `kid` and `typ`.
 *
 * @throws SeraiError ERR_ENVELOPE_MALFORMED, ERR_ENVELOPE_HEADER, ERR_ENVELOPE_ALGORITHM
 */
export function parseProtectedHeader(encoded: string, typ: string): ProtectedHeader {
  if (encoded.length > MAX_HEADER_LENGTH) throw wrongHeader('too long');
  const bytes = decodeBase64url(encoded);
  if (bytes === undefined) throw malformed('header encoding');
  const header = parseStrictJson(bytes, 'ERR_ENVELOPE_HEADER');
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw wrongHeader('not an object');
  const { alg, kid, typ: givenTyp, ...others } = header as Record<string, unknown>;
  if (Object.keys(others).length > 0) throw wrongHeader('unknown member');
  if (alg !== 'Ed25519' && alg !== 'ES256') {
    throw new SeraiError('ERR_ENVELOPE_ALGORITHM', 'This algorithm is not accepted. Sign with Ed25519 or ES256.');
  }
  if (givenTyp !== typ) throw wrongHeader('typ');
  if (typeof kid !== 'string' || !keyId.safeParse(kid).success) throw wrongHeader('kid');
  return { alg, kid, typ };
}

/**
 * Verifies one signature over a payload (both as received) with the key that the resolver gave for `header.kid`.
 *
 * @throws SeraiError ERR_ENVELOPE_SIGNATURE, with the failed step in `detail`
 */
export async function verifySignature(
  header: ProtectedHeader,
  parts: JwsSignature & { readonly payload: string },
  jwk: PublicJwk,
): Promise<void> {
  const key = await verificationKey(header.kid, jwk);
  if (key === undefined) throw unverified('key id is not the thumbprint of a usable key');
  if (key.alg !== header.alg) throw unverified('algorithm does not fit the key');
  const raw = decodeBase64url(parts.signature);
  if (raw?.length !== SIGNATURE_BYTES) throw unverified('signature encoding');
  if (header.alg === 'ES256' && !isLowS(raw)) throw unverified('high S');
  const input = Buffer.from(`${parts.protected}.${parts.payload}`, 'latin1');
  const isGood =
    key.alg === 'Ed25519'
      ? verify(null, input, key.key, raw)
      : verify('sha256', input, { key: key.key, dsaEncoding: 'ieee-p1363' }, raw);
  if (!isGood) throw unverified('signature');
}

function asLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function malformed(step: string): SeraiError {
  return new SeraiError('ERR_ENVELOPE_MALFORMED', 'Send a compact JWS: three parts in canonical base64url.', {
    detail: { step },
  });
}

function wrongHeader(step: string): SeraiError {
  return new SeraiError(
    'ERR_ENVELOPE_HEADER',
    'The protected header must have exactly alg, kid and the expected typ.',
    {
      detail: { step },
    },
  );
}

function unverified(step: string): SeraiError {
  return new SeraiError('ERR_ENVELOPE_SIGNATURE', 'The signature could not be verified.', { detail: { step } });
}
