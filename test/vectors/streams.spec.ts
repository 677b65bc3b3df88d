import { decryptStream, encryptStream, type StreamParameters } from '#libs/attachments';
import { vectorsOf } from './vectors-of.js';

interface StreamVector extends StreamParameters {
  readonly name: string;
  readonly key: string;
  readonly plaintext: string;
  readonly associatedData: string;
  readonly ciphertext: string;
}

const { source, streams } = vectorsOf<{ source: string; streams: StreamVector[] }>('streams.json');
const bytesOf = (hex: string) => Buffer.from(hex, 'hex');

async function* whole(hex: string): AsyncGenerator<Uint8Array> {
  yield bytesOf(hex);
}

async function hexOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString('hex');
}

describe(`published streams (${source})`, () => {
  it.each(streams)('$name, $hash: is decrypted', async (vector) => {
    const { key, associatedData, ciphertext, plaintext } = vector;
    const opened = decryptStream(whole(ciphertext), bytesOf(key), bytesOf(associatedData), vector);
    expect(await hexOf(opened)).toBe(plaintext);
  });

  it.each(streams)('$name, $hash: is made again from its own header', async (vector) => {
    const { key, associatedData, ciphertext, plaintext } = vector;
    const header = bytesOf(ciphertext.slice(0, 2 * (1 + vector.derivedKeyBytes + 7)));
    const made = encryptStream(whole(plaintext), bytesOf(key), bytesOf(associatedData), vector, header);
    expect(await hexOf(made)).toBe(ciphertext);
  });

  it.each(streams)('$name, $hash: is refused with other associated data', async (vector) => {
    const { key, associatedData, ciphertext } = vector;
    const opened = decryptStream(whole(ciphertext), bytesOf(key), bytesOf(`${associatedData}00`), vector);
    await expect(hexOf(opened)).rejects.toMatchObject({ code: 'ERR_ATTACHMENT_CORRUPT' });
  });

  it.each(streams)('$name, $hash: is refused when it was cut short', async (vector) => {
    const { key, associatedData, ciphertext } = vector;
    const opened = decryptStream(whole(ciphertext.slice(0, -2)), bytesOf(key), bytesOf(associatedData), vector);
    await expect(hexOf(opened)).rejects.toMatchObject({ code: 'ERR_ATTACHMENT_CORRUPT' });
  });
});
