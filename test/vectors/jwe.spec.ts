import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactDecrypt, flattenedDecrypt, type GeneralJWE, generalDecrypt, importJWK, type JWK } from 'jose';
import { encryptedContent } from '#libs/contracts';
import { decryptContent, openKeystore } from '#libs/envelope';
import { vectorsOf } from './vectors-of.js';

interface JweVector {
  readonly name: string;
  readonly source: string;
  readonly key: JWK;
  readonly plaintext: string;
  readonly jwe: GeneralJWE;
}
interface JweVectors {
  readonly general: JweVector[];
  readonly password: { source: string; name: string; password: string; plaintextBegins: string; jwe: string };
  readonly derivation: { source: string; alice: JWK; bob: JWK; apu: string; apv: string; enc: string; derived: string };
}

const { general, password, derivation } = vectorsOf<JweVectors>('jwe.json');
const UNDECRYPTABLE = expect.objectContaining({ code: 'ERR_ENVELOPE_UNDECRYPTABLE' });

/** The vector with what our schema asks for beside it, so that only its cryptography can be at fault. */
function completed(jwe: GeneralJWE) {
  const { protected: header = '', iv = '', tag = '', ciphertext, aad = 'AA' } = jwe;
  const recipients = jwe.recipients.map((recipient) => ({
    encrypted_key: recipient.encrypted_key ?? 'AA',
    header: { alg: 'ECDH-ES+A256KW', kid: 'ours', ...recipient.header },
  }));
  return encryptedContent.parse({ protected: header, iv, tag, ciphertext, aad, recipients });
}

describe('published JWE', () => {
  it.each(general)('$source, $name: is decrypted by jose', async ({ jwe, key, plaintext }) => {
    const { alg } = JSON.parse(Buffer.from(jwe.protected ?? '', 'base64url').toString()) as { alg?: string };
    const decrypted = await generalDecrypt(jwe, await importJWK(key, alg ?? 'ECDH-ES+A256KW'));
    expect(Buffer.from(decrypted.plaintext).toString()).toBe(plaintext);
  });

  it.each(general)('$source, $name: is refused by us', async ({ jwe, key }) => {
    const content = completed(jwe);
    await expect(decryptContent(content, { id: '', type: '', source: '' }, () => key)).rejects.toEqual(UNDECRYPTABLE);
  });

  it(`${password.source}, ${password.name}: is decrypted by jose, and no keystore for us`, async () => {
    const decrypted = await compactDecrypt(password.jwe, Buffer.from(password.password), {
      keyManagementAlgorithms: ['PBES2-HS512+A256KW'],
    });
    expect(Buffer.from(decrypted.plaintext).toString().startsWith(password.plaintextBegins)).toBe(true);
    const folder = await mkdtemp(join(tmpdir(), 'serai-vectors-'));
    const path = join(folder, 'keystore');
    await writeFile(path, password.jwe);
    await expect(openKeystore(path, password.password)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_UNREADABLE' });
    await rm(folder, { recursive: true });
  });

  it(`${derivation.source}: jose derives the published key, and we take no direct agreement`, async () => {
    const { alice, bob, apu, apv, enc, derived } = derivation;
    const { kty, crv, x, y } = alice;
    const header = { alg: 'ECDH-ES', enc, apu, apv, epk: { kty, crv, x, y } };
    const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-128-gcm', Buffer.from(derived, 'base64url'), iv);
    cipher.setAAD(Buffer.from(`${encoded}.AA`));
    const ciphertext = Buffer.concat([cipher.update('for Bob'), cipher.final()]).toString('base64url');
    const tag = cipher.getAuthTag().toString('base64url');
    const jwe = { protected: encoded, aad: 'AA', iv: iv.toString('base64url'), ciphertext, tag };
    const { plaintext } = await flattenedDecrypt(jwe, await importJWK(bob, 'ECDH-ES'));
    expect(Buffer.from(plaintext).toString()).toBe('for Bob');
    const content = completed({ ...jwe, recipients: [{}] });
    await expect(decryptContent(content, { id: '', type: '', source: '' }, () => bob)).rejects.toEqual(UNDECRYPTABLE);
  });
});
