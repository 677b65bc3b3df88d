import { generateKeyPairSync } from 'node:crypto';
import { SIGNATURE_TYPE, type SignerKey, signerKey } from '#libs/transparency-log';

export const ORIGIN = 'hub.example/audit/2026';

/** A new key of a log, whose name is its origin. */
export const newLogKey = (name = ORIGIN): SignerKey =>
  signerKey(name, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);

/** A log's key in the form in which sumdb/note keeps private keys. */
export function privateKeyText({ key, privateKey }: SignerKey): string {
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  return `PRIVATE+KEY+${key.name}+${key.keyId}+${Buffer.concat([Buffer.of(key.type), seed]).toString('base64')}`;
}
