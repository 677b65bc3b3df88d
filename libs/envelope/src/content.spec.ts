import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { FlattenedEncrypt, GeneralEncrypt, generalDecrypt, importJWK, type JWK } from 'jose';
import type { EncryptedContent, PublicJwk } from '#libs/contracts';
import { decryptContent, encryptContent, thumbprint } from './index.js';
import { ID, publicHalf, refusal } from './parties.fixture.js';

const TYPE = 'serai.requests.request.submitted.v1';
const BINDING = { id: ID, type: TYPE, source: 'urn:serai:participant:rs' };
const AAD = Object.values(BINDING).join('\n');
const ALG = 'ECDH-ES+A256KW';
const LETTER = {
  title: 'Провера идентитета · تحديد الهوية · Kimlik tespiti · გამოკვლევა',
  facts: [{ text: 'Milica Primerović', grade: null }],
};

interface Reader {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly privateJwk: JWK;
}

async function newReader(crv: 'X25519' | 'P-256'): Promise<Reader> {
  const { privateKey } =
    crv === 'X25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privateJwk = privateKey.export({ format: 'jwk' }) as JWK;
  return { kid: await thumbprint(privateJwk), jwk: publicHalf(privateJwk), privateJwk };
}

let x25519: Reader;
let p256: Reader;
let stranger: Reader;

beforeAll(async () => {
  x25519 = await newReader('X25519');
  p256 = await newReader('P-256');
  stranger = await newReader('X25519');
});

const keysOf =
  (...readers: Reader[]) =>
  (kid: string) =>
    readers.find((reader) => reader.kid === kid)?.privateJwk;
const refused = (content: EncryptedContent, step: string, reader = x25519, binding = BINDING) =>
  expect(decryptContent(content, binding, keysOf(reader))).rejects.toEqual(refusal('ERR_ENVELOPE_UNDECRYPTABLE', step));
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function encryptedByJose(value: unknown, readers: readonly Reader[]): Promise<EncryptedContent> {
  const jwe = new GeneralEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ enc: 'A256GCM' })
    .setAdditionalAuthenticatedData(Buffer.from(AAD));
  for (const { kid, jwk } of readers) {
    jwe.addRecipient(await importJWK(jwk, ALG)).setUnprotectedHeader({ alg: ALG, kid });
  }
  return (await jwe.encrypt()) as EncryptedContent;
}

describe(encryptContent.name, () => {
  it('is read by every recipient, on either curve, alone and together', async () => {
    for (const readers of [[x25519], [p256], [x25519, p256]]) {
      const content = await encryptContent(LETTER, BINDING, readers);
      for (const reader of readers) expect(await decryptContent(content, BINDING, keysOf(reader))).toEqual(LETTER);
      expect(JSON.stringify(content)).not.toContain(encode(LETTER));
    }
  });

  it('says nothing in clear but algorithms, key ids, ephemeral keys and the binding', async () => {
    for (const readers of [[x25519], [x25519, p256]]) {
      const content = await encryptContent(LETTER, BINDING, readers);
      const shared = JSON.parse(Buffer.from(content.protected, 'base64url').toString());
      expect(shared).toEqual({ enc: 'A256GCM' });
      expect(Buffer.from(content.aad, 'base64url').toString()).toBe(AAD);
      for (const { header } of content.recipients) expect(Object.keys(header)).toEqual(['alg', 'kid', 'epk']);
    }
  });

  it('never encrypts twice alike', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => encryptContent(LETTER, BINDING, [x25519, p256])));
    for (const member of ['iv', 'ciphertext', 'tag'] as const) expect(one![member]).not.toBe(other![member]);
    expect(one!.recipients[0]!.encrypted_key).not.toBe(other!.recipients[0]!.encrypted_key);
  });

  it('is read by jose, and reads what jose encrypts: any text, either curve, one recipient or two', async () => {
    const parties = fc.constantFrom([x25519], [p256], [x25519, p256], [p256, x25519]);
    const property = fc.asyncProperty(fc.string({ unit: 'grapheme' }), parties, async (text, readers) => {
      const ours = await encryptContent({ text }, BINDING, readers);
      const theirs = await encryptedByJose({ text }, readers);
      for (const reader of readers) {
        const read = await generalDecrypt(ours, await importJWK(reader.privateJwk, ALG));
        expect(JSON.parse(Buffer.from(read.plaintext).toString())).toEqual({ text });
        expect(await decryptContent(theirs, BINDING, keysOf(reader))).toEqual({ text });
      }
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('refuses nobody, the same key twice, and keys that cannot be encrypted to', async () => {
    const signing = publicHalf(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as JWK);
    const off = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) } as const;
    for (const recipients of [[], [x25519, x25519], [{ kid: 'k', jwk: signing }], [{ kid: 'k', jwk: off }]]) {
      await expect(encryptContent(LETTER, BINDING, recipients)).rejects.toMatchObject({
        code: 'ERR_TRUST_KEY_INVALID',
      });
    }
  });

  it('refuses text that is not Unicode', async () => {
    await expect(encryptContent({ text: 'a\ud800' }, BINDING, [x25519])).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_MALFORMED',
    });
  });

  it('carries any JSON in any script', async () => {
    const property = fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary' }), async (value) => {
      const text = JSON.stringify(value);
      fc.pre(!text.includes('__proto__') && !/\d{16}|e\+/.test(text));
      const content = await encryptContent(value, BINDING, [x25519]);
      expect(await decryptContent(content, BINDING, keysOf(x25519))).toEqual(JSON.parse(text));
    });
    await fc.assert(property);
  });
});

describe(decryptContent.name, () => {
  it('refuses whoever is no recipient, and the key of another one under a recipient’s name', async () => {
    const content = await encryptContent(LETTER, BINDING, [x25519, p256]);
    await refused(content, 'no key of ours', stranger);
    await refused(content, 'decryption', { ...stranger, kid: x25519.kid });
    await refused(content, 'decryption', { ...stranger, kid: p256.kid });
  });

  it('refuses the same content in another envelope, under another type or from another source', async () => {
    const content = await encryptContent(LETTER, BINDING, [x25519]);
    const otherId = { ...BINDING, id: '01890000-0000-7000-8000-00000000e002' };
    const otherType = { ...BINDING, type: 'serai.requests.leg.answered.v1' };
    const otherSource = { ...BINDING, source: 'urn:serai:participant:bg' };
    for (const other of [otherId, otherType, otherSource]) {
      await refused(content, 'binding', x25519, other);
      const aad = Buffer.from(`${other.id}\n${other.type}\n${other.source}`).toString('base64url');
      await refused({ ...content, aad }, 'decryption', x25519, other);
    }
  });

  it('refuses every changed member', async () => {
    const content = await encryptContent(LETTER, BINDING, [x25519, p256]);
    const changed = (text: string) => (text[2] === 'A' ? 'B' : 'A').padStart(3, text) + text.slice(3);
    for (const member of ['iv', 'ciphertext', 'tag'] as const) {
      await refused({ ...content, [member]: changed(content[member]) }, 'decryption');
    }
    await refused({ ...content, aad: changed(content.aad) }, 'binding');
    const recipients = content.recipients.map((r) => ({ ...r, encrypted_key: changed(r.encrypted_key) }));
    await refused({ ...content, recipients }, 'decryption');
    const swapped = content.recipients.map((r, i) => ({
      ...r,
      header: { ...content.recipients[1 - i]!.header, kid: r.header.kid },
    }));
    await refused({ ...content, recipients: swapped }, 'decryption');
  });

  it.each([
    ['zip', { enc: 'A256GCM', zip: 'DEF' }],
    ['crit', { enc: 'A256GCM', crit: ['exp'], exp: 1 }],
    ['another cipher', { enc: 'A128GCM' }],
    ['CBC', { enc: 'A256CBC-HS512' }],
    ['no cipher', {}],
    ['an algorithm', { enc: 'A256GCM', alg: ALG }],
  ])('refuses a protected header with %s', async (_name, header) => {
    const content = await encryptContent(LETTER, BINDING, [x25519, p256]);
    await refused({ ...content, protected: encode(header) }, 'protected header');
  });

  it('refuses a protected header that is not canonical, no object, or has a duplicate member', async () => {
    const content = await encryptContent(LETTER, BINDING, [x25519, p256]);
    await refused({ ...content, protected: `${content.protected}=` }, 'protected header encoding');
    await refused({ ...content, protected: encode(['A256GCM']) }, 'protected header');
    const twice = Buffer.from('{"enc":"A256GCM","enc":"A256GCM"}').toString('base64url');
    await refused({ ...content, protected: twice }, 'json');
  });

  it.each(['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'A256KW', 'dir', 'PBES2-HS256+A128KW', 'RSA1_5', 'HPKE-0'])(
    'refuses the key management %s',
    async (alg) => {
      const content = await encryptContent(LETTER, BINDING, [x25519, p256]);
      const recipients = content.recipients.map((r) => ({ ...r, header: { ...r.header, alg } }));
      await refused({ ...content, recipients }, 'recipient header');
    },
  );

  it('refuses what jose encrypts with algorithms that we do not take', async () => {
    const flattened = await new FlattenedEncrypt(Buffer.from('{}'))
      .setProtectedHeader({ enc: 'A128GCM' })
      .setUnprotectedHeader({ alg: ALG, kid: x25519.kid })
      .setAdditionalAuthenticatedData(Buffer.from(AAD))
      .encrypt(await importJWK(x25519.jwk, ALG));
    const { header, encrypted_key, ...shared } = flattened;
    const content = { ...shared, recipients: [{ header, encrypted_key }] } as EncryptedContent;
    await refused(content, 'protected header');
  });

  it('refuses other header members and a recipient that is named twice', async () => {
    const content = await encryptContent(LETTER, BINDING, [x25519, p256]);
    const [first, second] = content.recipients as [
      EncryptedContent['recipients'][number],
      EncryptedContent['recipients'][number],
    ];
    await refused(
      { ...content, recipients: [{ ...first, header: { ...first.header, jku: 'x' } }, second] },
      'recipient header',
    );
    await refused({ ...content, recipients: [first, { ...second, header: first.header }] }, 'repeated recipient');
  });

  it.each([
    ['none', undefined, 'ephemeral key'],
    ['a private one', { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43), d: 'A'.repeat(43) }, 'ephemeral key'],
    [
      'one of a curve that is not ours',
      { kty: 'EC', crv: 'P-384', x: 'A'.repeat(64), y: 'A'.repeat(64) },
      'ephemeral key',
    ],
    ['a signing key', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }, 'decryption'],
    ['a point of small order', { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) }, 'decryption'],
    ['a point beside the curve', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }, 'decryption'],
  ])('refuses as ephemeral key %s', async (_name, epk, step) => {
    for (const reader of [x25519, p256]) {
      const content = await encryptContent(LETTER, BINDING, [reader]);
      const recipients = content.recipients.map((r) => ({ ...r, header: { alg: ALG, kid: r.header.kid, epk } }));
      await refused({ ...content, recipients }, step, reader);
    }
  });

  it('refuses an ephemeral key in both headers', async () => {
    const content = await encryptContent(LETTER, BINDING, [x25519]);
    const { epk } = content.recipients[0]!.header;
    await refused({ ...content, protected: encode({ enc: 'A256GCM', epk }) }, 'two ephemeral keys');
  });

  it('refuses a tag that was cut short, and nonces of another size', async () => {
    const content = await encryptContent(LETTER, BINDING, [x25519]);
    const cut = (text: string, bytes: number) =>
      Buffer.from(text, 'base64url').subarray(0, bytes).toString('base64url');
    await refused({ ...content, tag: cut(content.tag, 12) }, 'encoding');
    await refused({ ...content, iv: cut(content.iv, 8) }, 'encoding');
    await refused({ ...content, ciphertext: `${content.ciphertext}=` }, 'encoding');
  });

  it('refuses plaintext that readers would not read alike', async () => {
    for (const text of ['{"a":1,"a":2}', '', 'ping']) {
      const jwe = await new GeneralEncrypt(Buffer.from(text))
        .setProtectedHeader({ enc: 'A256GCM' })
        .setAdditionalAuthenticatedData(Buffer.from(AAD))
        .addRecipient(await importJWK(x25519.jwk, ALG))
        .setUnprotectedHeader({ alg: ALG, kid: x25519.kid })
        .encrypt();
      await refused(jwe as EncryptedContent, 'json');
    }
  });
});
