import * as node from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import * as page from './crypto-in-browser.js';

const RUNS = { numRuns: 25 };
const bytes = () => fc.uint8Array({ maxLength: 200 });
const ORDER_OF_ED25519 = 2n ** 252n + 27742317777372353535851937790883648493n;

type Jwk = node.JsonWebKey & { pub?: string; alg?: string };
interface Pair {
  readonly jwk: Jwk;
  readonly publicKey: node.KeyObject;
  readonly sign: (message: Uint8Array) => Buffer;
}

const es256 = { dsaEncoding: 'ieee-p1363' } as const;
const pairOf = ({ publicKey, privateKey }: node.KeyPairKeyObjectResult, algorithm: string | null): Pair => ({
  jwk: publicKey.export({ format: 'jwk' }),
  publicKey,
  sign: (message) => node.sign(algorithm, message, algorithm === null ? privateKey : { key: privateKey, ...es256 }),
});
const PAIRS: [string, string | null, Pair][] = [
  ['Ed25519', null, pairOf(node.generateKeyPairSync('ed25519'), null)],
  ['ES256', 'sha256', pairOf(node.generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256')],
  ['ML-DSA-44', null, pairOf(node.generateKeyPairSync('ml-dsa-44'), null)],
];

/** What both say of a signature; the test fails where they differ. */
function judged(
  algorithm: string | null,
  message: Uint8Array,
  { jwk, publicKey }: Pair,
  signature: Uint8Array,
): boolean {
  const key = page.createPublicKey({ key: jwk });
  const [ours, theirs] =
    algorithm === null
      ? [page.verify(null, message, key, signature), node.verify(null, message, publicKey, signature)]
      : [
          page.verify(algorithm, message, { key }, signature),
          node.verify(algorithm, message, { key: publicKey, ...es256 }, signature),
        ];
  expect(ours).toBe(theirs);
  return ours;
}

describe('hashes in the browser', () => {
  it('are those of node:crypto', () => {
    fc.assert(
      fc.property(bytes(), bytes(), (content, key) => {
        expect(page.hash('sha256', content, 'buffer')).toEqual(node.hash('sha256', content, 'buffer'));
        expect(page.hash('sha256', content)).toBe(node.hash('sha256', content));
        expect(page.createHash('sha256').update(key).update(content).digest('base64url')).toBe(
          node.createHash('sha256').update(key).update(content).digest('base64url'),
        );
        expect(page.createHmac('sha256', key).update(content).digest()).toEqual(
          node.createHmac('sha256', key).update(content).digest(),
        );
      }),
    );
    expect(page.hash('sha256', 'šђ€', 'hex')).toBe(node.hash('sha256', 'šђ€', 'hex'));
    expect(() => page.hash('md5', '')).toThrow('md5 is not used here');
    expect(() => page.createHmac('sha1', Buffer.alloc(1))).toThrow('sha1 is not used here');
  });
});

describe.each(PAIRS)('%s in the browser', (_name, algorithm, pair) => {
  it('judges good signatures as node:crypto does', () => {
    fc.assert(
      fc.property(bytes(), (message) => judged(algorithm, message, pair, pair.sign(message))),
      RUNS,
    );
  });

  it('judges changed signatures and messages as node:crypto does', () => {
    const message = Buffer.from('as it was signed');
    const signature = pair.sign(message);
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(signature);
        changed[at]! ^= mask;
        expect(judged(algorithm, message, pair, changed)).toBe(false);
      }),
      RUNS,
    );
    expect(judged(algorithm, Buffer.from('as it was not'), pair, signature)).toBe(false);
    for (const wrong of [
      signature.subarray(1),
      Buffer.concat([signature, Buffer.of(0)]),
      Buffer.alloc(0),
      Buffer.alloc(signature.length),
    ]) {
      expect(judged(algorithm, message, pair, wrong)).toBe(false);
    }
  });
});

describe('where libraries differ', () => {
  const message = Buffer.from('x');

  it('refuses the second form of an Ed25519 signature, S plus the order', () => {
    const [, , pair] = PAIRS[0]!;
    const signature = pair.sign(message);
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + ORDER_OF_ED25519;
    const second = Buffer.concat([
      signature.subarray(0, 32),
      Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse(),
    ]);
    expect(judged(null, message, pair, second)).toBe(false);
  });

  it('refuses an Ed25519 signature that only the cofactor makes good', () => {
    const { Point, utils } = ed25519;
    const seed = node.randomBytes(32);
    const { scalar, pointBytes } = utils.getExtendedPublicKey(Uint8Array.from(seed));
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(pointBytes).toString('base64url') };
    const pair = { ...PAIRS[0]![2], jwk, publicKey: node.createPublicKey({ key: jwk, format: 'jwk' }) };
    const orderTwo = Point.fromHex(`ec${'ff'.repeat(30)}7f`);
    const signedWith = (torsion: typeof orderTwo) => {
      const r = Point.BASE.multiply(12_345n).add(torsion).toBytes();
      const digest = node.createHash('sha512').update(r).update(pointBytes).update(message).digest();
      const s = (12_345n + BigInt(`0x${digest.reverse().toString('hex')}`) * scalar) % ORDER_OF_ED25519;
      return Buffer.concat([r, Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()]);
    };
    expect(judged(null, message, pair, signedWith(Point.ZERO))).toBe(true);
    expect(judged(null, message, pair, signedWith(orderTwo))).toBe(false);
  });

  it('takes ES256 signatures with either S, as node:crypto does', () => {
    const [, , pair] = PAIRS[1]!;
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const signature = pair.sign(message);
    const other = order - BigInt(`0x${signature.subarray(32).toString('hex')}`);
    const mirrored = Buffer.concat([
      signature.subarray(0, 32),
      Buffer.from(other.toString(16).padStart(64, '0'), 'hex'),
    ]);
    expect(judged('sha256', message, pair, signature)).toBe(true);
    expect(judged('sha256', message, pair, mirrored)).toBe(true);
  });

  it('refuses points off the curve, and keys of small order', () => {
    const { jwk } = PAIRS[1]![2];
    const off = { ...jwk, y: Buffer.from(jwk.x!, 'base64url').toString('base64url') };
    expect(() => node.createPublicKey({ key: off, format: 'jwk' })).toThrow();
    expect(() => page.createPublicKey({ key: off })).toThrow();
    const zero = { kty: 'OKP', crv: 'X25519', x: Buffer.alloc(32).toString('base64url') };
    const small = page.createPublicKey({ key: zero });
    expect(() => page.diffieHellman({ ...page.generateKeyPairSync(), publicKey: small })).toThrow();
    const good = node.generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
    const publicKey = page.createPublicKey({ key: good });
    expect(page.diffieHellman({ ...page.generateKeyPairSync(), publicKey })).toHaveLength(32);
    for (const key of [{ kty: 'RSA' }, { kty: 'OKP', crv: 'Ed25519', x: 'AA' }, { kty: 'oct', k: 'AA' }]) {
      expect(() => page.createPublicKey({ key })).toThrow(TypeError);
    }
  });

  it('neither signs nor encrypts', () => {
    expect(() => page.sign()).toThrow('neither signs nor encrypts');
    expect(() => page.createPrivateKey()).toThrow('neither signs nor encrypts');
  });
});
