import { Community, newEncryptionJwk, newHolder } from './community.fixture.js';
import { parseRootKeys } from './index.js';

describe(parseRootKeys.name, () => {
  it('reads text and parsed values', async () => {
    const { roots } = await Community.found();
    expect(parseRootKeys(JSON.stringify(roots))).toEqual(roots);
    expect(parseRootKeys(roots)).toEqual(roots);
  });

  it('refuses what cannot be a root', async () => {
    const { roots } = await Community.found();
    const [first, ...others] = roots.keys;
    const small = { kty: 'OKP', crv: 'Ed25519', x: Buffer.alloc(32).toString('base64url') } as const;
    const { privateJwk } = { privateJwk: { ...(await newHolder()).jwk, d: 'AAAA' } };
    for (const wrong of [
      '',
      '{"threshold":2',
      'null',
      '{"threshold":1,"threshold":2,"keys":[]}',
      { keys: roots.keys },
      { threshold: 0, keys: roots.keys },
      { threshold: 1.5, keys: roots.keys },
      { threshold: 4, keys: roots.keys },
      { threshold: 1, keys: [] },
      { threshold: 2, keys: [first, first, ...others] },
      { threshold: 1, keys: [newEncryptionJwk()] },
      { threshold: 1, keys: [small] },
      { threshold: 1, keys: [privateJwk] },
      { ...roots, comment: 'none' },
    ]) {
      expect(() => parseRootKeys(wrong)).toThrow(expect.objectContaining({ code: 'ERR_TRUST_ROOT' }));
    }
  });
});
