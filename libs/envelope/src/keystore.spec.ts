import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactEncrypt, decodeProtectedHeader } from 'jose';
import {
  createKeystore,
  decryptContent,
  encryptContent,
  generateKeystore,
  type KeystorePublicKey,
  openKeystore,
  thumbprint,
  verifyEnvelope,
  writeKeystore,
} from './index.js';
import { acknowledgement, ID, policyFor, RS, refusal, signedBy } from './parties.fixture.js';

const PASSPHRASE = 'four plain words here';
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serai-keystore-'));
  path = join(folder, 'rs.keystore');
});
afterEach(() => rm(folder, { recursive: true }));

const unreadable = (opening: Promise<unknown>) => expect(opening).rejects.toEqual(refusal('ERR_KEYSTORE_UNREADABLE'));
const sealed = async (document: unknown, header: { alg?: string; enc?: string } = {}, p2c = 1000) =>
  new CompactEncrypt(Buffer.from(JSON.stringify(document)))
    .setProtectedHeader({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', ...header })
    .setKeyManagementParameters({ p2c })
    .encrypt(Buffer.from(PASSPHRASE));

describe('keystore', () => {
  it.each(['Ed25519', 'ES256'] as const)('keeps %s, encryption key and secret over a restart', async (alg) => {
    const made = await createKeystore(path, PASSPHRASE, { alg });
    const opened = await openKeystore(path, PASSPHRASE);
    expect(opened.publicKeys()).toEqual(made.publicKeys());
    expect(opened.secret('records')).toEqual(made.secret('records'));
    expect(opened.secret('records')).toHaveLength(32);
    const [signing, encryption] = opened.publicKeys() as [KeystorePublicKey, KeystorePublicKey];
    expect(opened.signer()).toMatchObject({ alg, kid: signing.kid });
    expect(await thumbprint(encryption.jwk)).toBe(encryption.kid);

    const holder = {
      owner: RS,
      realm: 'production' as const,
      signer: opened.signer(),
      privateJwk: {},
      jwk: signing.jwk,
    };
    expect((await verifyEnvelope(await signedBy(holder), policyFor([holder]))).event).toEqual(acknowledgement());
    const binding = { id: ID, type: 't', source: 's' };
    const content = await encryptContent({ a: 1 }, binding, [encryption]);
    expect(await decryptContent(content, binding, opened.decryptionKey)).toEqual({ a: 1 });
  });

  it('gives out no private key but to decrypt with', async () => {
    const keystore = await createKeystore(path, PASSPHRASE);
    const [signing] = keystore.publicKeys();
    expect(keystore.decryptionKey(signing!.kid)).toBeUndefined();
    expect(keystore.decryptionKey('')).toBeUndefined();
    expect(JSON.stringify(keystore.publicKeys())).not.toContain('"d"');
    expect(JSON.stringify(keystore.signer())).not.toContain('"d"');
  });

  it('makes other keys each time, of one kind for signing and one for encryption', async () => {
    const [one, other] = await Promise.all([generateKeystore(), generateKeystore()]);
    expect(one.keys.map(({ use, crv }) => `${use} ${crv}`)).toEqual(['sig Ed25519', 'enc X25519']);
    expect(one.signing).not.toBe(other.signing);
    expect(one.secrets).not.toEqual(other.secrets);
  });

  it('says how it is sealed and nothing else', async () => {
    await createKeystore(path, PASSPHRASE);
    const text = await readFile(path, 'latin1');
    expect(text).toMatch(/^[\w-]+(\.[\w-]+){4}$/);
    expect(decodeProtectedHeader(text)).toMatchObject({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 250_000 });
  });

  it('is for its owner alone and leaves no other file', async () => {
    await createKeystore(path, PASSPHRASE);
    await writeKeystore(path, PASSPHRASE, await generateKeystore());
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['rs.keystore']);
  });

  it('replaces an older file in one step, and creates only where there is none', async () => {
    const first = await createKeystore(path, PASSPHRASE);
    await unreadable(createKeystore(path, PASSPHRASE));
    expect((await openKeystore(path, PASSPHRASE)).publicKeys()).toEqual(first.publicKeys());
    const document = await generateKeystore();
    await writeKeystore(path, 'another passphrase', document);
    expect((await openKeystore(path, 'another passphrase')).signer().kid).toBe(document.signing);
    await unreadable(openKeystore(path, PASSPHRASE));
    expect(await readdir(folder)).toEqual(['rs.keystore']);
  });

  it('takes a passphrase in either normal form', async () => {
    await createKeystore(path, 'Primerovi\u0107');
    await expect(openKeystore(path, 'Primerovic\u0301')).resolves.toBeDefined();
  });

  it('refuses a wrong passphrase in a sentence that names the file', async () => {
    await createKeystore(path, PASSPHRASE);
    for (const wrong of ['', 'four plain words', `${PASSPHRASE} `]) {
      await expect(openKeystore(path, wrong)).rejects.toMatchObject({
        code: 'ERR_KEYSTORE_UNREADABLE',
        message: `The keystore ${path} cannot be opened. Check its passphrase.`,
      });
    }
  });

  it('refuses a missing, empty, changed, truncated or oversized file', async () => {
    await unreadable(openKeystore(path, PASSPHRASE));
    await unreadable(openKeystore(folder, PASSPHRASE));
    await createKeystore(path, PASSPHRASE);
    const good = await readFile(path, 'latin1');
    const cut = good.length - 30;
    const changed = good.slice(0, cut) + (good[cut] === 'A' ? 'B' : 'A') + good.slice(cut + 1);
    for (const text of ['', 'keystore', changed, good.slice(0, -5), good.repeat(500)]) {
      await writeFile(path, text);
      await unreadable(openKeystore(path, PASSPHRASE));
    }
  });

  it('refuses other algorithms and an iteration count that would keep it busy for minutes', async () => {
    const document = await generateKeystore();
    await writeFile(path, await sealed(document));
    await expect(openKeystore(path, PASSPHRASE)).resolves.toBeDefined();
    for (const jwe of [
      await sealed(document, { alg: 'PBES2-HS256+A128KW' }),
      await sealed(document, { enc: 'A128GCM' }),
      await sealed(document, {}, 1_000_001),
    ]) {
      await writeFile(path, jwe);
      await unreadable(openKeystore(path, PASSPHRASE));
    }
  });

  it('refuses a document without an active signing key or with another shape', async () => {
    const document = await generateKeystore();
    const [, encryption] = document.keys;
    for (const wrong of [
      {},
      { ...document, version: 2 },
      { ...document, keys: [] },
      { ...document, signing: encryption!.kid },
      { ...document, keys: [encryption] },
      { ...document, secrets: { records: 'short' } },
    ]) {
      await writeFile(path, await sealed(wrong));
      await unreadable(openKeystore(path, PASSPHRASE));
    }
  });

  it('leaves nothing behind when it cannot write', async () => {
    await expect(createKeystore(join(folder, 'missing', 'x'), PASSPHRASE)).rejects.toMatchObject({ code: 'ENOENT' });
    await chmod(folder, 0o700);
    expect(await readdir(folder)).toEqual([]);
  });
});
