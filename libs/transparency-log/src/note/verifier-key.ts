import { createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import { SeraiError } from '#libs/errors';
import { decodeBase64 } from '../text.js';
import { weaknessOfEd25519 } from './ed25519-point.js';

/** The signature types that are verified here, as c2sp.org/signed-note numbers them. */
export const SIGNATURE_TYPE = {
  /** Ed25519 over the text of the note. */
  ED25519: 0x01,
  /** Timestamped Ed25519 of a cosigner: `cosignature/v1`. */
  COSIGNATURE_V1: 0x04,
  /** Timestamped ML-DSA-44 of a cosigner: `subtree/v1`. */
  COSIGNATURE_ML_DSA_44: 0x06,
} as const;

/**
 * A public key of c2sp.org/signed-note together with the name and the type that it signs under. Made by {@link parseVerifierKey} or
 * {@link verifierKeyOf} only, which refuse weak keys.
 */
export interface VerifierKey {
  readonly name: string;
  /** Eight lowercase hexadecimal digits. Together with the name it says which key made a signature; it is no cryptographic hash. */
  readonly keyId: string;
  /** One byte; see {@link SIGNATURE_TYPE}. */
  readonly type: number;
  /** The public key as its type encodes it. */
  readonly material: Buffer;
  /** Undefined for types that are not verified here; signatures of such a key are ignored like those of unknown keys. */
  readonly publicKey: KeyObject | undefined;
}

const MAX_VERIFIER_KEY_LENGTH = 8192;
const ML_DSA_44_BYTES = 1312;
const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/;
const NOT_IN_NAMES = /[\p{White_Space}+]/u;

/** True for what may name a key: neither empty nor with Unicode spaces, plus signs, ASCII control characters or lone surrogates. */
export function isKeyName(name: string): boolean {
  const hasControls = Array.from(name).some((character) => character < ' ');
  return name !== '' && !NOT_IN_NAMES.test(name) && !hasControls && name.isWellFormed();
}

/**
 * Parses a verifier key (vkey): `<name>+<key ID in hex>+<base64 of type and public key>`. Ed25519 keys that are no canonical encoding of a point, or of
 * small order, are refused. Keys of other types than {@link SIGNATURE_TYPE} are kept without a `publicKey` and without a check of their ID.
 *
 * @see https://c2sp.org/signed-note#verifier-keys
 * @throws SeraiError ERR_LOG_KEY
 * @example parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k').type // 1
 */
export function parseVerifierKey(vkey: string): VerifierKey {
  if (vkey.length > MAX_VERIFIER_KEY_LENGTH) throw unusable('too long');
  const [, name, keyId, encoded] = VERIFIER_KEY.exec(vkey) ?? [];
  if (name === undefined || keyId === undefined || encoded === undefined) throw unusable('not name, ID and key');
  const bytes = decodeBase64(encoded);
  const type = bytes?.at(0);
  if (bytes === undefined || type === undefined) throw unusable('encoding is not canonical');
  const material = bytes.subarray(1);
  if (isVerified(type)) {
    const key = verifierKeyOf(name, type, material);
    if (key.keyId !== keyId) throw unusable('the ID is not that of the key');
    return key;
  }
  if (!isKeyName(name) || material.length === 0) throw unusable('wrong name, or no key');
  return { name, keyId, type, material, publicKey: undefined };
}

/**
 * The verifier key of a public key, under a name and for a type of signature.
 *
 * @param material 32 bytes of RFC 8032 for the two Ed25519 types, 1312 bytes of FIPS 204 for ML-DSA-44
 * @throws SeraiError ERR_LOG_KEY for a wrong name, an unknown type or a weak key
 */
export function verifierKeyOf(name: string, type: number, material: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw unusable('wrong name');
  const bytes = Buffer.from(material);
  return { name, keyId: keyIdOf(name, type, bytes), type, material: bytes, publicKey: importMaterial(type, bytes) };
}

/** The text form that {@link parseVerifierKey} reads. */
export function serialiseVerifierKey({ name, keyId, type, material }: VerifierKey): string {
  return `${name}+${keyId}+${Buffer.concat([Buffer.of(type), material]).toString('base64')}`;
}

/** True when both are the same key under the same name for the same type of signature. */
export function isSameKey(one: VerifierKey, other: VerifierKey): boolean {
  return one.name === other.name && one.keyId === other.keyId && one.type === other.type && isSameMaterial(one, other);
}

/** True when both wrap the same public key, whatever its name and type: what tlog-policy calls duplicate. */
export function isSameMaterial(one: VerifierKey, other: VerifierKey): boolean {
  return one.material.equals(other.material);
}

/** The first four bytes of SHA-256 over name, line feed, type and public key, in hexadecimal. */
function keyIdOf(name: string, type: number, material: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), material]), 'hex').slice(0, 8);
}

function isVerified(type: number): boolean {
  return Object.values(SIGNATURE_TYPE).some((known) => known === type);
}

function importMaterial(type: number, material: Buffer): KeyObject {
  switch (type) {
    case SIGNATURE_TYPE.ED25519:
    case SIGNATURE_TYPE.COSIGNATURE_V1: {
      const weakness = weaknessOfEd25519(material);
      if (weakness !== undefined) throw unusable(weakness);
      return importJwk({ kty: 'OKP', crv: 'Ed25519', x: material.toString('base64url') });
    }
    case SIGNATURE_TYPE.COSIGNATURE_ML_DSA_44:
      if (material.length !== ML_DSA_44_BYTES) throw unusable('wrong length');
      return importJwk({ kty: 'AKP', alg: 'ML-DSA-44', pub: material.toString('base64url') });
    default:
      throw unusable('unknown type');
  }
}

function importJwk(key: JsonWebKey): KeyObject {
  return createPublicKey({ key, format: 'jwk' });
}

function unusable(step: string): SeraiError {
  return new SeraiError('ERR_LOG_KEY', `The verifier key cannot be used: ${step}.`, { detail: { step } });
}
