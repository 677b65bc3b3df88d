import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENT_CIPHERTEXT_BYTES } from '#libs/contracts';
import {
  ATTACHMENT_KEY_BYTES,
  type AttachmentBinding,
  ciphertextBytesOf,
  decryptAttachment,
  encryptAttachment,
} from './attachment-cipher.js';

const SEGMENT = 65_536;
const HEADER = 40;
const TAG = 16;
const FIRST = SEGMENT - HEADER - TAG;
const FULL = SEGMENT - TAG;
const CORRUPT = expect.objectContaining({ code: 'ERR_ATTACHMENT_CORRUPT' });

const key = randomBytes(ATTACHMENT_KEY_BYTES);
const binding: AttachmentBinding = {
  attachmentId: '01890000-0000-7000-8000-00000000000a',
  sender: 'urn:serai:participant:rs',
};

async function* inPieces(bytes: Uint8Array, size = bytes.byteLength || 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

const encrypted = (plaintext: Uint8Array, size?: number) =>
  collect(encryptAttachment(inPieces(plaintext, size), key, binding));
const decrypted = (ciphertext: Uint8Array, size?: number) =>
  collect(decryptAttachment(inPieces(ciphertext, size), key, binding));

describe('an encrypted attachment', () => {
  const sizes = [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + FULL, FIRST + FULL + 1, 3 * SEGMENT + 7];

  it.each(sizes)(
    'of %i bytes comes back, has the size that was foretold, and does not show its bytes',
    async (size) => {
      const plaintext = randomBytes(size);
      const ciphertext = await encrypted(plaintext, 10_000);
      expect(ciphertext.byteLength).toBe(ciphertextBytesOf(size));
      expect((await decrypted(ciphertext, 7_777)).equals(plaintext)).toBe(true);
      if (size > 16) expect(ciphertext.includes(plaintext.subarray(0, 16))).toBe(false);
    },
  );

  it('of the largest size fits the contract', () => {
    expect(ciphertextBytesOf(MAX_ATTACHMENT_BYTES)).toBe(MAX_ATTACHMENT_CIPHERTEXT_BYTES);
  });

  it('never looks the same twice', async () => {
    const plaintext = randomBytes(100);
    expect((await encrypted(plaintext)).equals(await encrypted(plaintext))).toBe(false);
  });

  it('comes back however it was cut into pieces on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 200_000 }),
        fc.integer({ min: 1_000, max: 100_000 }),
        fc.integer({ min: 1_000, max: 100_000 }),
        async (size, inSize, outSize) => {
          const plaintext = Buffer.alloc(size, 7);
          expect((await decrypted(await encrypted(plaintext, inSize), outSize)).equals(plaintext)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('a changed attachment', () => {
  const plaintext = randomBytes(FIRST + 2 * FULL + 500);
  let whole: Buffer;
  /** Segment with the header before the first one. */
  let segments: Buffer[];
  beforeAll(async () => {
    whole = await encrypted(plaintext);
    segments = [0, 1, 2, 3].map((index) => whole.subarray(index * SEGMENT, (index + 1) * SEGMENT));
  });
  const flipped = (at: number) => {
    const copy = Buffer.from(whole);
    copy[at]! ^= 1;
    return copy;
  };

  it.each<[string, () => Buffer]>([
    ['is empty', () => Buffer.alloc(0)],
    ['is cut within its header', () => whole.subarray(0, 20)],
    ['has nothing but its header', () => whole.subarray(0, HEADER)],
    ['lacks its last byte', () => whole.subarray(0, -1)],
    ['lacks its last segment', () => whole.subarray(0, 3 * SEGMENT)],
    ['lacks a segment between', () => Buffer.concat([segments[0]!, segments[2]!, segments[3]!])],
    ['has two segments exchanged', () => Buffer.concat([segments[0]!, segments[2]!, segments[1]!, segments[3]!])],
    [
      'has a segment twice',
      () => Buffer.concat([segments[0]!, segments[1]!, segments[1]!, segments[2]!, segments[3]!]),
    ],
    ['has a byte more', () => Buffer.concat([whole, Buffer.of(0)])],
    ['has its last segment twice', () => Buffer.concat([whole, segments[3]!])],
    ['has another length of header', () => flipped(0)],
    ['has another salt', () => flipped(5)],
    ['has another nonce prefix', () => flipped(HEADER - 1)],
    ['has a changed first byte', () => flipped(HEADER)],
    ['has a changed tag of its first segment', () => flipped(SEGMENT - 1)],
    ['has a changed last byte', () => flipped(whole.byteLength - 1)],
  ])('that %s is refused', async (_, changed) => {
    await expect(decrypted(changed())).rejects.toEqual(CORRUPT);
  });

  it('is refused at any changed byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.byteLength - 1 }), (at) =>
        expect(decrypted(flipped(at))).rejects.toEqual(CORRUPT),
      ),
      { numRuns: 40 },
    );
  });

  it('is refused at any length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.byteLength - 1 }), (length) =>
        expect(decrypted(whole.subarray(0, length))).rejects.toEqual(CORRUPT),
      ),
      { numRuns: 40 },
    );
  });

  it('shows the bytes before the change, verified, and none of the changed segment or after', async () => {
    const shown: Uint8Array[] = [];
    const reading = (async () => {
      for await (const piece of decryptAttachment(inPieces(flipped(SEGMENT + 10)), key, binding)) shown.push(piece);
    })();
    await expect(reading).rejects.toEqual(CORRUPT);
    expect(Buffer.concat(shown).equals(plaintext.subarray(0, FIRST))).toBe(true);
  });

  it.each<[string, () => { key: Buffer; binding: AttachmentBinding }]>([
    ['under another key', () => ({ key: randomBytes(32), binding })],
    ['under a key of another size', () => ({ key: randomBytes(16), binding })],
    [
      'under another id',
      () => ({ key, binding: { ...binding, attachmentId: binding.attachmentId.replace(/a$/, 'b') } }),
    ],
    ['as that of another sender', () => ({ key, binding: { ...binding, sender: 'urn:serai:participant:tr' } })],
  ])('is refused %s', async (_, other) => {
    const opened = collect(decryptAttachment(inPieces(whole), other().key, other().binding));
    await expect(opened).rejects.toEqual(CORRUPT);
  });
});
