import { compactVerify, flattenedVerify, importJWK, type JWK } from 'jose';
import { publicJwk } from '#libs/contracts';
import {
  parseProtectedHeader,
  type SignatureAlgorithm,
  signerFromJwk,
  thumbprint,
  verifyEnvelope,
  verifySignature,
} from '#libs/envelope';
import { vectorsOf } from './vectors-of.js';

interface JwsVector {
  readonly name: string;
  readonly source: string;
  readonly alg?: string;
  readonly key?: JWK;
  readonly jws: string;
  /** Code of our refusal. */
  readonly refusal: string;
}
interface UnencodedVector extends Required<Omit<JwsVector, 'jws'>> {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

const { compact, unencoded } = vectorsOf<{ compact: JwsVector[]; unencoded: UnencodedVector }>('jws.json');
const signed = compact.filter((vector): vector is Required<JwsVector> => vector.key !== undefined);
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const keys = () => {
  throw new Error('no vector gets as far as its key');
};

const partsOf = (jws: string) => {
  const [header, payload, signature] = jws.split('.') as [string, string, string];
  return { protected: header, payload, signature };
};
const vectorOf = (source: string) => {
  const { key, ...vector } = signed.find((candidate) => candidate.source === source)!;
  const { kty, crv, x, y } = key;
  return { ...vector, key, jwk: publicJwk.parse(y === undefined ? { kty, crv, x } : { kty, crv, x, y }) };
};

describe('published JWS', () => {
  it.each(signed)('$source, $name: is verified by jose', async ({ jws, key: { d: _, ...key }, alg }) => {
    await expect(compactVerify(jws, await importJWK(key, alg), { algorithms: [alg] })).resolves.toBeDefined();
  });

  it.each(compact)('$source, $name: is refused by us with $refusal', async ({ jws, refusal: code }) => {
    const policy = {
      realm: 'production',
      channel: 'requests.submissions',
      keys,
      at: new Date(),
      audience: 'any',
    } as const;
    await expect(verifyEnvelope(jws, policy)).rejects.toMatchObject({ code });
  });

  it.each(compact)('$source, $name: has a header that we refuse', ({ jws }) => {
    const code = expect.stringMatching(/^ERR_ENVELOPE_(HEADER|ALGORITHM)$/);
    expect(() => parseProtectedHeader(jws.split('.')[0]!, 'JOSE')).toThrow(expect.objectContaining({ code }));
  });

  it(`${unencoded.source}, ${unencoded.name}: is verified by jose, and its header refused by us`, async () => {
    const { key, alg, refusal: code } = unencoded;
    await expect(flattenedVerify(unencoded, await importJWK(key, alg))).resolves.toBeDefined();
    expect(() => parseProtectedHeader(unencoded.protected, 'JOSE')).toThrow(expect.objectContaining({ code }));
  });
});

describe('our signatures', () => {
  it('are those of RFC 8037 appendix A.4, byte for byte', async () => {
    const { key, jws } = vectorOf('RFC 8037 appendix A.4');
    const signer = await signerFromJwk(key);
    const [header, payload, signature] = jws.split('.');
    const made = await signer.sign(Buffer.from(`${header}.${payload}`));
    expect(Buffer.from(made).toString('base64url')).toBe(signature);
  });

  it('take of the two forms of RFC 7515 appendix A.3 the one with low S, and only that', async () => {
    const { jws, jwk } = vectorOf('RFC 7515 appendix A.3');
    const parts = partsOf(jws);
    const header = { alg: 'ES256' as SignatureAlgorithm, kid: await thumbprint(jwk), typ: 'JOSE' };
    const raw = Buffer.from(parts.signature, 'base64url');
    const s = (P256_ORDER - BigInt(`0x${raw.toString('hex', 32)}`)).toString(16).padStart(64, '0');
    const low = Buffer.concat([raw.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64url');
    await expect(verifySignature(header, { ...parts, signature: low }, jwk)).resolves.toBeUndefined();
    await expect(verifySignature(header, parts, jwk)).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_SIGNATURE',
      detail: { step: 'high S' },
    });
  });
});
