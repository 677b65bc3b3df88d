import type { JWK } from 'jose';
import type { PublicJwk } from '#libs/contracts';
import { type Keystore, type KeystoreDocument, signerFromJwk } from '#libs/envelope';

/** A keystore that no file holds: sealing one costs a second of key derivation. */
export async function openDocument({ keys, secrets, signing }: KeystoreDocument): Promise<Keystore> {
  const signer = await signerFromJwk(keys.find(({ kid }) => kid === signing) as JWK);
  return {
    signer: () => signer,
    decryptionKey: (kid) => keys.find((key) => key.kid === kid && key.use === 'enc') as JWK | undefined,
    publicKeys: () => keys.map(({ use, kid, kty, crv, x }) => ({ use, kid, jwk: { kty, crv, x } as PublicJwk })),
    secret: (name) => Buffer.from(secrets[name], 'base64url'),
  };
}
