import { createPublicKey, verify } from 'node:crypto';
import type { JWK } from 'jose';
import { thumbprint } from '#libs/envelope';
import { parseRootKeys } from '#libs/trust';
import { vectorsOf } from './vectors-of.js';

interface KeyVectors {
  readonly thumbprints: { name: string; source: string; jwk: JWK; thumbprint: string }[];
  readonly ed25519: {
    name: string;
    x: string;
    message: string;
    signature: string;
    /** We do not register this key. */
    keyRefused: boolean;
    /** The signature passes the platform's verification under this key. */
    verifies: boolean;
  }[];
}

const { thumbprints, ed25519 } = vectorsOf<KeyVectors>('keys.json');

describe('published keys', () => {
  it.each(thumbprints)('$source, $name: has the published thumbprint', async ({ jwk, thumbprint: published }) => {
    expect(await thumbprint(jwk)).toBe(published);
  });

  it.each(ed25519)('Ed25519 edge case, $name', ({ x, message, signature, keyRefused, verifies }) => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x } as const;
    const root = () => parseRootKeys({ threshold: 1, keys: [jwk] });
    if (keyRefused) expect(root).toThrow(expect.objectContaining({ code: 'ERR_TRUST_ROOT' }));
    else expect(root().keys).toEqual([jwk]);
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    expect(verify(null, Buffer.from(message, 'base64url'), key, Buffer.from(signature, 'base64url'))).toBe(verifies);
  });
});
