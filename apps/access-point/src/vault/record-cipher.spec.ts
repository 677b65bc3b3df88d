import { randomBytes } from 'node:crypto';
import { RecordCipher, type SealedRecord } from './record-cipher.js';

const secret = randomBytes(32);
const cipher = new RecordCipher(secret);
const id = '01890000-0000-7000-8000-00000000000a';
const content = { text: 'Milica Primerović / ميلتسا / Милица / 米莉察', number: 'P0000001' };

describe(RecordCipher.name, () => {
  it('opens what it sealed', () => {
    expect(cipher.open(cipher.seal(id, content))).toEqual(content);
  });

  it('shows nothing of the content and never seals twice alike', () => {
    const first = cipher.seal(id, content);
    const second = cipher.seal(id, content);
    expect(first.ciphertext.equals(second.ciphertext)).toBe(false);
    expect(first.wrappedKey.equals(second.wrappedKey)).toBe(false);
    for (const word of ['Primerović', 'ميلتسا', 'Милица', '米莉察', 'P0000001']) {
      expect(Buffer.concat([first.ciphertext, first.wrappedKey]).includes(Buffer.from(word))).toBe(false);
    }
  });

  const other = '01890000-0000-7000-8000-00000000000b';
  const flipped = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at < 0 ? copy.length + at : at]! ^= 1;
    return copy;
  };

  it.each<[string, (sealed: SealedRecord) => SealedRecord]>([
    ['under another id', (sealed) => ({ ...sealed, recordId: other })],
    ['with the key of another record', (sealed) => ({ ...sealed, wrappedKey: cipher.seal(other, content).wrappedKey })],
    [
      'with a key of the same id but other bytes',
      (sealed) => ({ ...sealed, wrappedKey: cipher.seal(id, 1).wrappedKey }),
    ],
    ['with a changed nonce', (sealed) => ({ ...sealed, ciphertext: flipped(sealed.ciphertext, 0) })],
    ['with a changed byte', (sealed) => ({ ...sealed, ciphertext: flipped(sealed.ciphertext, 20) })],
    ['with a changed tag', (sealed) => ({ ...sealed, ciphertext: flipped(sealed.ciphertext, -1) })],
    ['with a changed key', (sealed) => ({ ...sealed, wrappedKey: flipped(sealed.wrappedKey, 15) })],
    ['cut short', (sealed) => ({ ...sealed, ciphertext: sealed.ciphertext.subarray(0, 10) })],
  ])('refuses a record %s', (_, change) => {
    expect(() => cipher.open(change(cipher.seal(id, content)))).toThrow(
      expect.objectContaining({ code: 'ERR_CONTENT_UNREADABLE' }),
    );
  });

  it('refuses another secret', () => {
    const sealed = cipher.seal(id, content);
    expect(() => new RecordCipher(randomBytes(32)).open(sealed)).toThrow(
      expect.objectContaining({ code: 'ERR_CONTENT_UNREADABLE' }),
    );
  });

  it('refuses a secret of the wrong size', () => {
    expect(() => new RecordCipher(randomBytes(16))).toThrow(
      expect.objectContaining({ code: 'ERR_KEYSTORE_UNREADABLE' }),
    );
  });
});
