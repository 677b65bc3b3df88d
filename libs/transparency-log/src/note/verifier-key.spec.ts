import { createHash } from 'node:crypto';
import { isKeyName, parseVerifierKey, SIGNATURE_TYPE, serialiseVerifierKey, verifierKeyOf } from '../index.js';
import { logSigner, quantumWitness, refusal, witness } from '../log.fixture.js';

const EXAMPLE = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const unusable = refusal('ERR_LOG_KEY');
const P = 2n ** 255n - 19n;
const MINUS = 1n << 255n;
// y of the points of order eight
const EIGHTH = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/** A verifier key with this material and the right ID, whatever the material. */
function vkeyOf(type: number, material: Buffer, name = 'example.com/foo'): string {
  const id = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.of(type))
    .update(material)
    .digest('hex')
    .slice(0, 8);
  return `${name}+${id}+${Buffer.concat([Buffer.of(type), material]).toString('base64')}`;
}

const littleEndian = (y: bigint) => Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();

describe(parseVerifierKey.name, () => {
  it('reads name, ID, type and key', () => {
    const key = parseVerifierKey(EXAMPLE);
    expect(key).toMatchObject({ name: 'example.com/foo', keyId: '530d903a', type: SIGNATURE_TYPE.ED25519 });
    expect(key.material.toString('hex')).toBe('e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4');
    expect(serialiseVerifierKey(key)).toBe(EXAMPLE);
  });

  it.each([
    ['Ed25519', logSigner('è/log')],
    ['cosignature/v1', witness('w')],
    ['ML-DSA-44', quantumWitness('w')],
  ])('reads back what it writes: %s', (_, { key }) => {
    expect(parseVerifierKey(serialiseVerifierKey(key))).toEqual(key);
  });

  it('keeps a key of a type that is not verified, without a public key', () => {
    const vkey = 'example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    const key = parseVerifierKey(vkey);
    expect(key).toMatchObject({ type: 0x02, keyId: '530d903a', publicKey: undefined });
    expect(serialiseVerifierKey(key)).toBe(vkey);
  });

  it.each([
    ['nothing', ''],
    ['no key', 'example.com/foo+530d903a+'],
    ['no ID', 'example.com/foo++AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['no name', '+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['two parts', 'example.com/foo+530d903a'],
    ['an ID of another key', EXAMPLE.replace('530d903a', '530d903b')],
    ['an ID in capitals', EXAMPLE.replace('530d903a', '530D903A')],
    ['a short ID', EXAMPLE.replace('530d903a', '30d903a')],
    ['a long ID', EXAMPLE.replace('530d903a', '0530d903a')],
    ['another name', EXAMPLE.replace('foo', 'fop')],
    ['the ID of another type', EXAMPLE.replace('+Aeky', '+BOky')],
    ['a name with a space', vkeyOf(1, logSigner().key.material, 'a b')],
    ['a name with a line feed', vkeyOf(1, logSigner().key.material, 'a\nb')],
    ['a name with a NUL', vkeyOf(1, logSigner().key.material, 'a\0b')],
    ['a name with a plus', vkeyOf(1, logSigner().key.material, 'a+b')],
    ['an unknown type under a wrong name', 'a b+530d903a+AukyeRrm56hA'],
    ['an unknown type without a key', 'foo+530d903a+Ag=='],
    ['base64 without its last byte', EXAMPLE.slice(0, -1)],
    ['base64url', EXAMPLE.replace('Aeky', 'Aek-')],
    ['base64 with stray bits', 'foo+530d903a+AuR='],
    ['a line feed at the end', `${EXAMPLE}\n`],
    ['a space in front', ` ${EXAMPLE}`],
    ['more than a key can have', vkeyOf(1, logSigner().key.material, 'x'.repeat(8192))],
    ['an Ed25519 key of 31 bytes', vkeyOf(1, Buffer.alloc(31, 1))],
    ['an Ed25519 key of 33 bytes', vkeyOf(1, Buffer.alloc(33, 1))],
    ['an ML-DSA-44 key of 1311 bytes', vkeyOf(6, Buffer.alloc(1311, 1))],
    ['an ML-DSA-44 key of 1313 bytes', vkeyOf(6, Buffer.alloc(1313, 1))],
  ])('refuses %s', (_, vkey) => {
    expect(() => parseVerifierKey(vkey)).toThrow(unusable);
  });

  it('takes the longest name that fits', () => {
    const longest = 'x'.repeat(8192 - vkeyOf(1, logSigner().key.material, '').length);
    expect(parseVerifierKey(vkeyOf(1, logSigner().key.material, longest)).name).toBe(longest);
    expect(() => parseVerifierKey(vkeyOf(1, logSigner().key.material, `x${longest}`))).toThrow(unusable);
  });

  it.each([
    ['zero of small order', 0n],
    ['the neutral element', 1n],
    ['the neutral element with a sign', 1n + MINUS],
    ['minus one', P - 1n],
    ['a point of order four with a sign', MINUS],
    ['a point of order eight', EIGHTH],
    ['a point of order eight with a sign', EIGHTH + MINUS],
    ['another point of order eight', P - EIGHTH],
    ['p for zero', P],
    ['p + 1 for one', P + 1n],
    ['p + 3, which is not canonical', P + 3n],
    ['2^255 - 1', MINUS - 1n],
    ['no point at all', 2n],
  ])('refuses %s in both Ed25519 types', (_, y) => {
    for (const type of [SIGNATURE_TYPE.ED25519, SIGNATURE_TYPE.COSIGNATURE_V1]) {
      expect(() => parseVerifierKey(vkeyOf(type, littleEndian(y)))).toThrow(unusable);
    }
  });
});

describe(verifierKeyOf.name, () => {
  it('gives one key another ID under each name and type', () => {
    const { material } = logSigner().key;
    const ids = [verifierKeyOf('a', 1, material), verifierKeyOf('b', 1, material), verifierKeyOf('a', 4, material)];
    expect(new Set(ids.map(({ keyId }) => keyId)).size).toBe(3);
  });

  it('refuses types that it cannot verify and wrong names', () => {
    const { material } = logSigner().key;
    for (const type of [0, 2, 3, 5, 7, 255]) expect(() => verifierKeyOf('a', type, material)).toThrow(unusable);
    expect(() => verifierKeyOf('', 1, material)).toThrow(unusable);
  });
});

describe(isKeyName.name, () => {
  it.each(['a', 'example.com/foo', 'oid/1.3.6.1', 'è', '𝄞', '—', '\ufeff'])('takes %j', (name) => {
    expect(isKeyName(name)).toBe(true);
  });

  it.each(['', ' ', 'a ', '+', 'a\u2028b', 'a\u1680b', 'a\u0085b', 'a\tb', 'a\u0000b', '\ud834', 'a\udd1e'])(
    'refuses %j',
    (name) => {
      expect(isKeyName(name)).toBe(false);
    },
  );
});
