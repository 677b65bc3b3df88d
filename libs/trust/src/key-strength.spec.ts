import { generateKeyPairSync } from 'node:crypto';
import type { PublicJwk } from '#libs/contracts';
import { newEncryptionJwk, newHolder } from './community.fixture.js';
import { assertUsableKey } from './key-strength.js';

const P = 2n ** 255n - 19n;
const MINUS_ZERO = 1n << 255n;
/** Y coordinate of two points of order 8; its negative is that of the other two. */
const ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;

const littleEndian = (value: bigint) =>
  Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse().toString('base64url');
const okp = (crv: 'Ed25519' | 'X25519', value: bigint): PublicJwk => ({ kty: 'OKP', crv, x: littleEndian(value) });
const refusal = (reason: string) =>
  expect.objectContaining({ code: 'ERR_TRUST_KEY_INVALID', message: expect.stringContaining(reason) });

describe(assertUsableKey.name, () => {
  it('takes fresh keys for their use', async () => {
    for (let round = 0; round < 20; round += 1) {
      assertUsableKey((await newHolder()).jwk, 'sig');
      assertUsableKey(newEncryptionJwk(), 'enc');
    }
    const p256 = (await newHolder('ES256')).jwk;
    assertUsableKey(p256, 'sig');
    assertUsableKey(p256, 'enc');
  });

  it('refuses keys for the other use', async () => {
    const signing = (await newHolder()).jwk;
    expect(() => assertUsableKey(signing, 'enc')).toThrow(refusal('does not fit'));
    expect(() => assertUsableKey(newEncryptionJwk(), 'sig')).toThrow(refusal('does not fit'));
  });

  it.each([
    ['the identity', 1n],
    ['order 2', P - 1n],
    ['order 4', 0n],
    ['order 4, other sign', 0n + MINUS_ZERO],
    ['order 8', ORDER_8],
    ['order 8, other sign', ORDER_8 + MINUS_ZERO],
    ['order 8, other point', P - ORDER_8],
    ['order 8, other point and sign', P - ORDER_8 + MINUS_ZERO],
  ])('refuses the small Ed25519 point: %s', (_name, value) => {
    expect(() => assertUsableKey(okp('Ed25519', value), 'sig')).toThrow(refusal('small order'));
  });

  it.each([
    ['p', P],
    ['p + 1, the identity again', P + 1n],
    ['all ones', 2n ** 255n - 1n],
    ['the identity with minus zero', 1n + MINUS_ZERO],
    ['order 2 with minus zero', P - 1n + MINUS_ZERO],
  ])('refuses the Ed25519 encoding that is not canonical: %s', (_name, value) => {
    expect(() => assertUsableKey(okp('Ed25519', value), 'sig')).toThrow(refusal('not canonical'));
  });

  it('refuses y coordinates of no point', () => {
    expect(() => assertUsableKey(okp('Ed25519', 2n), 'sig')).toThrow(refusal('not on the curve'));
  });

  it.each([
    ['0', 0n],
    ['1', 1n],
    ['order 8', 325606250916557431795983626356110631294008115727848805560023387167927233504n],
    ['order 8, other point', 39382357235489614581723060781553021112529911719440698176882885853963445705823n],
    ['p - 1', P - 1n],
  ])('refuses the small X25519 point: %s', (_name, value) => {
    expect(() => assertUsableKey(okp('X25519', value), 'enc')).toThrow(refusal('small order'));
  });

  it.each([
    ['p', P],
    ['p + 1', P + 1n],
    ['with the unused bit', 9n + MINUS_ZERO],
  ])('refuses the X25519 encoding that is not canonical: %s', (_name, value) => {
    expect(() => assertUsableKey(okp('X25519', value), 'enc')).toThrow(refusal('not canonical'));
  });

  it('refuses stray bits, which would give a key a second thumbprint', async () => {
    const { jwk } = await newHolder();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const stray = alphabet[alphabet.indexOf(jwk.x.at(-1)!) + 1]!;
    expect(() => assertUsableKey({ ...jwk, x: jwk.x.slice(0, -1) + stray }, 'sig')).toThrow(refusal('canonical'));
  });

  it('refuses P-256 points off the curve', () => {
    const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
    for (const jwk of [
      { kty: 'EC', crv: 'P-256', x: y!, y: x! },
      { kty: 'EC', crv: 'P-256', x: x!, y: x! },
      { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    ] as const) {
      expect(() => assertUsableKey(jwk, 'sig')).toThrow(refusal('not on the curve'));
    }
  });
});
