import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { SeraiError } from '#libs/errors';
import { type Note, type NoteSignature, serialiseNote } from './note.js';
import { SIGNATURE_TYPE, type VerifierKey, verifierKeyOf } from './verifier-key.js';

/** A private key with the name and type that it signs under. */
export interface SignerKey {
  /** What others verify with. */
  readonly key: VerifierKey;
  readonly privateKey: KeyObject;
}

/**
 * A key that signs notes (type 0x01) or cosigns checkpoints (types 0x04 and 0x06). An Ed25519 cosignature does not name its cosigner: use no Ed25519 key
 * under two names or for two types.
 *
 * @param privateKey Ed25519 for 0x01 and 0x04, ML-DSA-44 for 0x06
 * @throws SeraiError ERR_LOG_KEY when name, type and key do not fit each other
 * @example signerKey('hub.example/audit/2026', SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey)
 */
export function signerKey(name: string, type: number, privateKey: KeyObject): SignerKey {
  const { crv, alg, x, pub } = createPublicKey(privateKey).export({ format: 'jwk' });
  const fits = type === SIGNATURE_TYPE.COSIGNATURE_ML_DSA_44 ? alg === 'ML-DSA-44' : crv === 'Ed25519';
  const encoded = x ?? pub;
  if (!fits || typeof encoded !== 'string') {
    throw new SeraiError('ERR_LOG_KEY', `This private key cannot make signatures of type ${type}.`);
  }
  return { key: verifierKeyOf(name, type, Buffer.from(encoded, 'base64url')), privateKey };
}

/**
 * Signs a text with keys of type 0x01.
 *
 * @param text ends in a line feed; no control characters but line feeds
 * @throws SeraiError ERR_LOG_MALFORMED when no note can have this text, ERR_LOG_KEY for a cosigner's key
 * @example serialiseNote(signNote('This is an example message.\n', [signer]))
 */
export function signNote(text: string, signers: readonly SignerKey[]): Note {
  const note = { text, signatures: signers.map((signer) => signText(text, signer)) };
  serialiseNote(note);
  return note;
}

function signText(text: string, { key, privateKey }: SignerKey): NoteSignature {
  if (key.type !== SIGNATURE_TYPE.ED25519) {
    throw new SeraiError('ERR_LOG_KEY', 'A key of a cosigner cosigns checkpoints and signs nothing else.');
  }
  return { name: key.name, keyId: key.keyId, signature: sign(null, Buffer.from(text), privateKey) };
}
