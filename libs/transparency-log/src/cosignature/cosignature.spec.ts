import { sign } from 'node:crypto';
import { cosign, cosignWith, type NoteSignature, serialiseCheckpoint, type VerifierKey, verifyNote } from '../index.js';
import { headOf, logSigner, NOW, quantumWitness, refusal, witness } from '../log.fixture.js';

const text = serialiseCheckpoint(headOf(5));
const unsigned = refusal('ERR_LOG_SIGNATURE');
const malformed = refusal('ERR_LOG_MALFORMED');
const verify = (line: NoteSignature, key: VerifierKey, cosigned = text) =>
  verifyNote({ text: cosigned, signatures: [line] }, [key]);

describe.each([
  ['cosignature/v1', witness('w.example')],
  ['ML-DSA-44', quantumWitness('w.example')],
])('%s', (_, cosigner) => {
  const line = cosign(text, cosigner, NOW);
  const at = (timestamp: bigint): NoteSignature => {
    const signature = Buffer.from(line.signature);
    signature.writeBigUInt64BE(timestamp);
    return { ...line, signature };
  };

  it('verifies with its time', () => {
    expect(verify(line, cosigner.key)).toEqual([expect.objectContaining({ key: cosigner.key, timestamp: NOW })]);
    expect(verify(cosign(text, cosigner, 0), cosigner.key)[0]?.timestamp).toBe(0);
  });

  it('is the same when only a keystore touches the key', async () => {
    const { key, privateKey } = cosigner;
    const made = await cosignWith(text, key, NOW, async (message) => sign(null, message, privateKey));
    expect(verify(made, key)[0]?.timestamp).toBe(NOW);
    await expect(cosignWith(text, key, -1, async () => Buffer.alloc(64))).rejects.toThrow(malformed);
  });

  it.each([0n, BigInt(NOW - 1), BigInt(NOW + 1), BigInt(NOW) + 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])(
    'refuses another time: %d',
    (timestamp) => {
      expect(() => verify(at(timestamp), cosigner.key)).toThrow(unsigned);
    },
  );

  it.each([
    ['size', serialiseCheckpoint({ ...headOf(5), size: 6 })],
    ['root', serialiseCheckpoint({ ...headOf(5), root: headOf(4).root })],
    ['origin', serialiseCheckpoint(headOf(5, 'hub.example/audit/2027'))],
    ['extension line', serialiseCheckpoint({ ...headOf(5), extensions: ['x'] })],
  ])('refuses another %s', (__, changed) => {
    expect(() => verify(line, cosigner.key, changed)).toThrow(unsigned);
  });

  it('refuses each changed bit of a signature, here every 97th, and other lengths', () => {
    for (let bit = 64; bit < line.signature.length * 8; bit += 97) {
      const signature = Buffer.from(line.signature);
      const byte = Math.floor(bit / 8);
      signature[byte] = (signature[byte] ?? 0) ^ (1 << (bit % 8));
      expect(() => verify({ ...line, signature }, cosigner.key)).toThrow(unsigned);
    }
    for (const signature of [line.signature.subarray(0, -1), Buffer.concat([line.signature, Buffer.of(0)])]) {
      expect(() => verify({ ...line, signature }, cosigner.key)).toThrow(unsigned);
    }
    expect(() => verify({ ...line, signature: Buffer.of(1) }, cosigner.key)).toThrow(unsigned);
  });

  it('is about checkpoints only', () => {
    expect(() => cosign('text\n', cosigner, NOW)).toThrow(malformed);
    expect(() => verify(line, cosigner.key, 'text\n')).toThrow(malformed);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('refuses to sign for the time %d', (timestamp) => {
    expect(() => cosign(text, cosigner, timestamp)).toThrow(malformed);
  });
});

describe(cosign.name, () => {
  it('refuses a key that does not cosign', () => {
    expect(() => cosign(text, logSigner(), NOW)).toThrow(refusal('ERR_LOG_KEY'));
  });

  it('refuses, with ML-DSA-44, extension lines, which would not be signed, and what does not fit the form', () => {
    const cosigner = quantumWitness('w');
    expect(() => cosign(serialiseCheckpoint({ ...headOf(5), extensions: ['x'] }), cosigner, NOW)).toThrow(malformed);
    expect(() => cosign(serialiseCheckpoint(headOf(5, 'o'.repeat(256))), cosigner, NOW)).toThrow(malformed);
    expect(() => cosign(text, quantumWitness('w'.repeat(256)), NOW)).toThrow(malformed);
  });

  it('binds, with ML-DSA-44, the name of the cosigner', () => {
    const cosigner = quantumWitness('w1');
    const other = { ...cosigner.key, name: 'w2' };
    const line = { ...cosign(text, cosigner, NOW), name: 'w2' };
    expect(() => verify(line, other)).toThrow(unsigned);
  });
});
