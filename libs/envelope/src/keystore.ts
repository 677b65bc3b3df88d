import { randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';
import { keyId, type PublicJwk, publicJwk } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { createFileOnce, readFileBytes, replaceFile } from './keystore-file.js';
import { type SignatureAlgorithm, type Signer, signerFromJwk, thumbprint } from './signer.js';
import { parseStrictJson } from './strict-json.js';

/** A public half in a keystore, as it is registered in the directory. */
export interface KeystorePublicKey {
  readonly use: 'sig' | 'enc';
  readonly kid: string;
  readonly jwk: PublicJwk;
}

/** An opened keystore. */
export interface Keystore {
  /** Signer over the active signing key. */
  signer(): Signer;
  /** Private key to decrypt content with, or undefined when this keystore does not hold it. */
  decryptionKey(kid: string): JWK | undefined;
  publicKeys(): KeystorePublicKey[];
  /** 32 bytes: the root of encryption at rest for one use. */
  secret(name: 'records'): Uint8Array;
}

const privateKey = z.looseObject({
  kid: keyId,
  use: z.enum(['sig', 'enc']),
  kty: z.enum(['OKP', 'EC']),
  crv: z.string(),
  d: z.string(),
});

const keystoreDocument = z.strictObject({
  version: z.literal(1),
  /** Key id of the active signing key. */
  signing: keyId,
  keys: z.array(privateKey).min(1).max(64),
  secrets: z.strictObject({ records: keyId }),
});

/** Plaintext of a keystore file: private JWKs and secrets. It exists in memory only. */
export type KeystoreDocument = z.infer<typeof keystoreDocument>;

const ALG = 'PBES2-HS512+A256KW';
const ENC = 'A256GCM';
/** PBKDF2-HMAC-SHA-512 iterations: OWASP's 2023 minimum of 210,000 and some more. */
const PBES2_ITERATIONS = 250_000;
const MAX_PBES2_ITERATIONS = 1_000_000;
const MAX_FILE_BYTES = 262_144;

/** Makes fresh keys: one to sign with (Ed25519 unless `alg` says ES256), one X25519 key to be encrypted to, and the secret for records. */
export async function generateKeystore({
  alg = 'Ed25519',
}: {
  alg?: SignatureAlgorithm;
} = {}): Promise<KeystoreDocument> {
  const signing = await generatePrivateKey('sig', alg);
  const encryption = await generatePrivateKey('enc', 'ECDH-ES+A256KW');
  const records = randomBytes(32).toString('base64url');
  return { version: 1, signing: signing.kid, keys: [signing, encryption], secrets: { records } };
}

/**
 * Makes a keystore file with fresh keys and opens it.
 *
 * @throws SeraiError ERR_KEYSTORE_UNREADABLE when there is a file already: it may hold the only copy of somebody's keys
 */
export async function createKeystore(
  path: string,
  passphrase: string,
  options: { alg?: SignatureAlgorithm } = {},
): Promise<Keystore> {
  const document = await generateKeystore(options);
  await createFileOnce(path, await seal(document, passphrase));
  return openDocument(document);
}

/**
 * Opens a keystore file: a compact JWE (PBES2-HS512+A256KW, A256GCM) of a {@link KeystoreDocument}.
 *
 * @throws SeraiError ERR_KEYSTORE_UNREADABLE when the file or the passphrase is not the right one
 */
export async function openKeystore(path: string, passphrase: string): Promise<Keystore> {
  const sealed = await readFileBytes(path, MAX_FILE_BYTES);
  return openDocument(await unseal(sealed, passphrase, path));
}

/** Writes a keystore file, replacing an older one in one step; only its owner may read it (mode 0600). */
export async function writeKeystore(path: string, passphrase: string, document: KeystoreDocument): Promise<void> {
  await replaceFile(path, await seal(document, passphrase));
}

/**
 * Adds a fresh key to a keystore file. A key to sign with is not used before {@link activateKey}; one to decrypt with is used from now on.
 *
 * @returns the opened keystore, and the public half of the new key
 * @throws SeraiError ERR_KEYSTORE_UNREADABLE
 */
export async function addKey(
  path: string,
  passphrase: string,
  use: 'sig' | 'enc',
): Promise<{ readonly keystore: Keystore; readonly added: KeystorePublicKey }> {
  const document = await unseal(await readFileBytes(path, MAX_FILE_BYTES), passphrase, path);
  const key = await generatePrivateKey(use, use === 'sig' ? 'Ed25519' : 'ECDH-ES+A256KW');
  const changed = { ...document, keys: [...document.keys, key] };
  await writeKeystore(path, passphrase, changed);
  return {
    keystore: await openDocument(changed),
    added: { use, kid: key.kid, jwk: publicHalf(key as JWK) },
  };
}

/**
 * Makes another key of a keystore file the one that signs.
 *
 * @throws SeraiError ERR_KEYSTORE_UNREADABLE also when the file holds no such signing key
 */
export async function activateKey(path: string, passphrase: string, kid: string): Promise<Keystore> {
  const document = await unseal(await readFileBytes(path, MAX_FILE_BYTES), passphrase, path);
  const changed = { ...document, signing: kid };
  const keystore = await openDocument(changed);
  await writeKeystore(path, passphrase, changed);
  return keystore;
}

async function seal(document: KeystoreDocument, passphrase: string): Promise<Uint8Array> {
  const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(keystoreDocument.parse(document))))
    .setProtectedHeader({ alg: ALG, enc: ENC, typ: 'serai-keystore+jwe' })
    .setKeyManagementParameters({ p2c: PBES2_ITERATIONS })
    .encrypt(Buffer.from(passphrase.normalize('NFC')));
  return Buffer.from(jwe, 'latin1');
}

async function unseal(sealed: Uint8Array, passphrase: string, path: string): Promise<KeystoreDocument> {
  try {
    const { plaintext } = await compactDecrypt(sealed, Buffer.from(passphrase.normalize('NFC')), {
      keyManagementAlgorithms: [ALG],
      contentEncryptionAlgorithms: [ENC],
      maxPBES2Count: MAX_PBES2_ITERATIONS,
    });
    return keystoreDocument.parse(parseStrictJson(plaintext, 'ERR_KEYSTORE_UNREADABLE'));
  } catch (cause) {
    throw new SeraiError('ERR_KEYSTORE_UNREADABLE', `The keystore ${path} cannot be opened. Check its passphrase.`, {
      cause,
    });
  }
}

async function openDocument(document: KeystoreDocument): Promise<Keystore> {
  const byKid = new Map(document.keys.map((key) => [key.kid, key]));
  const active = byKid.get(document.signing);
  if (active?.use !== 'sig') {
    throw new SeraiError('ERR_KEYSTORE_UNREADABLE', 'The keystore has no active signing key. Make a new keystore.');
  }
  const signer = await signerFromJwk(active as JWK);
  const secrets = { records: Buffer.from(document.secrets.records, 'base64url') };
  return {
    signer: () => signer,
    decryptionKey: (kid) => {
      const key = byKid.get(kid);
      return key?.use === 'enc' ? (key as JWK) : undefined;
    },
    publicKeys: () => document.keys.map((key) => ({ use: key.use, kid: key.kid, jwk: publicHalf(key as JWK) })),
    secret: (name) => secrets[name],
  };
}

async function generatePrivateKey(use: 'sig' | 'enc', alg: string): Promise<KeystoreDocument['keys'][number]> {
  const pair = await generateKeyPair(alg, { extractable: true, crv: alg === 'ECDH-ES+A256KW' ? 'X25519' : undefined });
  const jwk = await exportJWK(pair.privateKey);
  return privateKey.parse({ ...jwk, use, kid: await thumbprint(jwk) });
}

function publicHalf({ kty, crv, x, y }: JWK): PublicJwk {
  return publicJwk.parse(kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x });
}
