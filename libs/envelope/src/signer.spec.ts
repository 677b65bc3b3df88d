import { createPrivateKey, sign as nodeSign } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import {
  ENVELOPE_TYP,
  type SignatureAlgorithm,
  signEnvelope,
  signerFromJwk,
  thumbprint,
  verifyEnvelope,
} from './index.js';
import { isLowS, toLowS } from './low-s.js';
import { acknowledgement, newHolder, policyFor, RS, refusal, signedBy } from './parties.fixture.js';

const ALGORITHMS: SignatureAlgorithm[] = ['Ed25519', 'ES256'];
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

describe(signerFromJwk.name, () => {
  it.each(ALGORITHMS)('signs %s so that jose verifies it', async (alg) => {
    const holder = await newHolder(RS, alg);
    const jws = await signedBy(holder);
    const { payload, protectedHeader } = await compactVerify(jws, await importJWK(holder.jwk, alg), {
      algorithms: [alg],
    });
    expect(protectedHeader).toEqual({ alg, kid: await thumbprint(holder.jwk), typ: ENVELOPE_TYP });
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(acknowledgement());
  });

  it.each(ALGORITHMS)('lets us verify what jose signs with %s', async (alg) => {
    const holder = await newHolder(RS, alg);
    const header = { alg, kid: holder.signer.kid, typ: ENVELOPE_TYP };
    const key = await importJWK(holder.privateJwk, alg);
    const payload = Buffer.from(JSON.stringify(acknowledgement()));
    let jws = await new CompactSign(payload).setProtectedHeader(header).sign(key);
    // jose does not choose the lower S; about every second signature has it.
    while (alg === 'ES256' && !isLowS(Buffer.from(jws.split('.')[2]!, 'base64url'))) {
      jws = await new CompactSign(payload).setProtectedHeader(header).sign(key);
    }
    expect((await verifyEnvelope(jws, policyFor([holder]))).event).toEqual(acknowledgement());
  });

  it('refuses keys that cannot sign here', async () => {
    const ed = await newHolder(RS);
    const other = await newHolder(RS);
    const ec = await newHolder(RS, 'ES256');
    const wrong: JWK[] = [
      {},
      ed.jwk,
      ec.jwk,
      { kty: 'oct', k: 'AAAA' },
      { ...ed.privateJwk, crv: 'X25519' },
      { ...ec.privateJwk, crv: 'P-384' },
      { ...ed.privateJwk, d: 'AAAA' },
      { ...ed.privateJwk, x: other.jwk.x },
    ];
    for (const jwk of wrong) {
      await expect(signerFromJwk(jwk)).rejects.toMatchObject({ code: 'ERR_TRUST_KEY_INVALID' });
    }
  });
});

describe(signEnvelope.name, () => {
  it('works with any holder of a key that can make raw signatures, such as an HSM', async () => {
    const holder = await newHolder(RS, 'ES256');
    const key = createPrivateKey({ key: holder.privateJwk, format: 'jwk' });
    const hsm = {
      kid: holder.signer.kid,
      alg: 'ES256' as const,
      sign: async (input: Uint8Array) => nodeSign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
    };
    for (let round = 0; round < 16; round += 1) {
      const { jws } = await signEnvelope(acknowledgement(), hsm);
      await expect(verifyEnvelope(jws, policyFor([holder]))).resolves.toBeDefined();
    }
  });

  it('refuses what is too large and what readers would not read alike', async () => {
    const { signer } = await newHolder(RS);
    const withText = (text: string) => acknowledgement({ data: { header: { text } } });
    await expect(signEnvelope(withText('a'.repeat(800_000)), signer)).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_TOO_LARGE',
    });
    for (const text of ['\ud800', 'a\udc00b', '\udc00\ud800']) {
      await expect(signEnvelope(withText(text), signer)).rejects.toMatchObject({ code: 'ERR_ENVELOPE_MALFORMED' });
    }
    await expect(signEnvelope(withText('\\ud800 in words, 😀'), signer)).resolves.toBeDefined();
  });
});

describe('the two forms of an ES256 signature', () => {
  it('refuses the twin that anybody can make of a good one', async () => {
    const holder = await newHolder(RS, 'ES256');
    const jws = await signedBy(holder);
    const [header, payload, signature] = jws.split('.') as [string, string, string];
    const raw = Buffer.from(signature, 'base64url');
    const s = (ORDER - BigInt(`0x${raw.toString('hex', 32)}`)).toString(16).padStart(64, '0');
    const twin = `${header}.${payload}.${Buffer.concat([raw.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64url')}`;
    await expect(compactVerify(twin, await importJWK(holder.jwk, 'ES256'))).resolves.toBeDefined();
    await expect(verifyEnvelope(twin, policyFor([holder]))).rejects.toEqual(
      refusal('ERR_ENVELOPE_SIGNATURE', 'high S'),
    );
  });

  it('always finds the lower one, and leaves it alone', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: ORDER - 1n }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (s, r) => {
        const raw = Buffer.concat([r, Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
        const low = toLowS(raw);
        expect(isLowS(low)).toBe(true);
        expect(toLowS(low).equals(low)).toBe(true);
        expect(low.subarray(0, 32).equals(r)).toBe(true);
        expect([s, ORDER - s]).toContain(BigInt(`0x${low.toString('hex', 32)}`));
      }),
    );
  });
});

describe(thumbprint.name, () => {
  it('is the one of the example of RFC 8037, appendix A.3', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    expect(await thumbprint(jwk)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it.each(ALGORITHMS)('is the one that jose computes, for %s and private keys too', async (alg) => {
    const { privateJwk, jwk } = await newHolder(RS, alg);
    expect(await thumbprint(privateJwk)).toBe(await calculateJwkThumbprint(jwk));
    expect(await thumbprint(jwk)).toBe(await calculateJwkThumbprint(jwk));
  });

  it.each([
    { kty: 'oct', k: 'AAAA' },
    { kty: 'RSA', n: 'AQAB' },
    { kty: 'OKP', crv: 'Ed25519' },
    { kty: 'EC', crv: 'P-256', x: 'AA' },
  ])('refuses %j', async (jwk) => {
    await expect(thumbprint(jwk as JWK)).rejects.toMatchObject({ code: 'ERR_TRUST_KEY_INVALID' });
  });
});
