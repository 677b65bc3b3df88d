import fc from 'fast-check';
import {
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
  serialiseNote,
  serialiseSignatureLines,
} from '../index.js';
import { refusal } from '../log.fixture.js';

const EXAMPLE = 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1\n';
const malformed = refusal('ERR_LOG_MALFORMED');
const refused = (bytes: Uint8Array | string) => expect(() => parseNote(Buffer.from(bytes))).toThrow(malformed);
const signature = (name = 'example.com/foo'): NoteSignature => ({
  name,
  keyId: '530d903a',
  signature: Buffer.from('49fcb2b575', 'hex'),
});

describe(parseNote.name, () => {
  it('takes text and signatures apart', () => {
    expect(parseNote(Buffer.from(EXAMPLE))).toEqual({
      text: 'This is an example message.\n',
      signatures: [signature()],
    });
  });

  it.each([
    ['a blank line in the text', 'one\n\ntwo\n\n— a AAAAAAA=\n', 'one\n\ntwo\n'],
    ['a text that looks signed', 'one\n\n— a AAAAAAA=\n\n— a AAAAAAA=\n', 'one\n\n— a AAAAAAA=\n'],
    ['two blank lines', 'one\n\n\n— a AAAAAAA=\n', 'one\n\n'],
    ['nothing but a line feed', '\n\n— a AAAAAAA=\n', '\n'],
    ['a byte order mark, kept', '\u{feff}one\n\n— a AAAAAAA=\n', '\u{feff}one\n'],
    ['a delete character', 'o\u007fne\n\n— a AAAAAAA=\n', 'o\u007fne\n'],
  ])('takes %s', (_, note, text) => {
    expect(parseNote(Buffer.from(note)).text).toBe(text);
  });

  it.each([
    ['nothing', ''],
    ['a line feed', '\n'],
    ['two line feeds', '\n\n'],
    ['no signature', 'text\n\n'],
    ['no blank line', 'text\n— a AAAAAAA=\n'],
    ['no text', '\n— a AAAAAAA=\n'],
    ['no last line feed', EXAMPLE.slice(0, -1)],
    ['bytes after the last line feed', `${EXAMPLE}x`],
    ['a blank line at the end', `${EXAMPLE}\n`],
    ['a text line among the signatures', `${EXAMPLE}text\n`],
    ['CRLF', EXAMPLE.replaceAll('\n', '\r\n')],
    ['a CR in the text', 'te\rxt\n\n— a AAAAAAA=\n'],
    ['a NUL in the text', 'te\0xt\n\n— a AAAAAAA=\n'],
    ['a tab in the text', 'te\txt\n\n— a AAAAAAA=\n'],
    ['a hyphen for a dash', EXAMPLE.replace('—', '-')],
    ['an en dash', EXAMPLE.replace('—', '–')],
    ['a no-break space after the dash', EXAMPLE.replace('— ', '—\u00a0')],
    ['two spaces after the dash', EXAMPLE.replace('— ', '—  ')],
    ['two spaces before the signature', EXAMPLE.replace(' Uw2', '  Uw2')],
    ['a space at the end', EXAMPLE.replace('8srV1\n', '8srV1 \n')],
    ['an empty name', 'text\n\n—  AAAAAAA=\n'],
    ['no name', 'text\n\n— AAAAAAA=\n'],
    ['a name with a plus', 'text\n\n— a+b AAAAAAA=\n'],
    ['a name with a space', 'text\n\n— a b AAAAAAA=\n'],
    ['a name with a no-break space', 'text\n\n— a\u00a0b AAAAAAA=\n'],
    ['a name with a next-line character', 'text\n\n— a\u0085b AAAAAAA=\n'],
    ['a name with an ideographic space', 'text\n\n— a\u3000b AAAAAAA=\n'],
    ['an empty signature', 'text\n\n— a \n'],
    ['an ID alone', 'text\n\n— a AAAAAA==\n'],
    ['three bytes', 'text\n\n— a AAAA\n'],
    ['base64 without padding', 'text\n\n— a AAAAAAA\n'],
    ['base64 with too much padding', 'text\n\n— a AAAAAAA==\n'],
    ['base64 with stray bits', 'text\n\n— a AAAAAAB=\n'],
    ['base64url', 'text\n\n— a AAAAAA-_\n'],
    ['base64 with padding inside', 'text\n\n— a AA==AAAAAAA=\n'],
  ])('refuses %s', (_, note) => {
    refused(note);
  });

  it.each([
    ['a lone byte', [0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a code point beyond the last', [0xf4, 0x90, 0x80, 0x80]],
    ['an unfinished character', [0xe2, 0x80]],
  ])('refuses %s, which is no UTF-8', (_, bytes) => {
    refused(Buffer.concat([Buffer.from(bytes), Buffer.from(EXAMPLE)]));
  });

  it('refuses more than a hundred signatures', () => {
    const line = '— a AAAAAAA=\n';
    expect(parseNote(Buffer.from(`text\n\n${line.repeat(MAX_SIGNATURES)}`)).signatures).toHaveLength(100);
    refused(`text\n\n${line.repeat(MAX_SIGNATURES + 1)}`);
  });

  it('refuses a note beyond the limit', () => {
    const longest = `${'x'.repeat(MAX_NOTE_BYTES - EXAMPLE.length - 2)}${EXAMPLE}`;
    expect(parseNote(Buffer.from(longest)).signatures).toHaveLength(1);
    refused(`x${longest}`);
  });

  it.each([parseNote, parseSignatureLines])('$name refuses what is too long without a look at it', (parse) => {
    const looksAtNothing = (_: Uint8Array, name: PropertyKey) => {
      if (name !== 'length') throw new Error(`${String(name)} was read`);
      return MAX_NOTE_BYTES + 1;
    };
    const unread = new Proxy(new Uint8Array(), { get: looksAtNothing });
    expect(() => parse(unread)).toThrow(malformed);
  });
});

describe(serialiseNote.name, () => {
  it('gives every accepted note back, byte for byte', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'è', '—', '𝄞') }).map((lines) => `${lines}\n`);
    const name = fc.string({ unit: fc.constantFrom('a', '/', '.', '—', 'è', '='), minLength: 1 });
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 }).map((each) => Buffer.from(each));
    const lines = fc.array(fc.record({ name, keyId: fc.stringMatching(/^[0-9a-f]{8}$/), signature: bytes }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.record({ text, signatures: lines }), (note) => {
        const serialised = serialiseNote(note);
        expect(parseNote(serialised)).toEqual(note);
        expect(serialiseNote(parseNote(serialised))).toEqual(serialised);
      }),
    );
  });

  it.each([
    ['without a last line feed', 'text', [signature()]],
    ['that is empty', '', [signature()]],
    ['with a lone surrogate', 'te\ud800xt\n', [signature()]],
    ['with a CR', 'te\rxt\n', [signature()]],
    ['without a signature', 'text\n', []],
    ['that would swallow a signature', 'one\n\ntwo', [signature()]],
    ['under a name with a line feed', 'text\n', [signature('a AAAAAAA=\n— b')]],
    ['under a name with a space', 'text\n', [signature('a b')]],
    ['under a name with a lone surrogate', 'text\n', [signature('a\udc00')]],
    ['under an ID of three bytes', 'text\n', [{ ...signature(), keyId: '530d90' }]],
    ['under an ID that is not hexadecimal', 'text\n', [{ ...signature(), keyId: 'xxxxxxxx' }]],
  ])('refuses a text %s', (_, text, signatures) => {
    expect(() => serialiseNote({ text, signatures })).toThrow(malformed);
  });
});

describe(parseSignatureLines.name, () => {
  it('reads what a witness answers', () => {
    const lines = [signature('w1'), signature('w2')];
    expect(parseSignatureLines(serialiseSignatureLines(lines))).toEqual(lines);
  });

  it.each([
    '',
    '\n',
    '— a AAAAAAA=',
    '\n— a AAAAAAA=\n',
    '— a AAAAAAA=\n\n',
    '— a AAAAAAA=\r\n',
    'text\n\n— a AAAAAAA=\n',
  ])('refuses %j', (lines) => {
    expect(() => parseSignatureLines(Buffer.from(lines))).toThrow(malformed);
  });

  it('refuses too many lines, too many bytes and bytes that are no UTF-8', () => {
    expect(() => parseSignatureLines(Buffer.from('— a AAAAAAA=\n'.repeat(MAX_SIGNATURES + 1)))).toThrow(malformed);
    expect(() => parseSignatureLines(Buffer.alloc(MAX_NOTE_BYTES + 1, 'x'))).toThrow(malformed);
    expect(() => parseSignatureLines(Buffer.from('— \xff AAAAAAA=\n', 'latin1'))).toThrow(malformed);
  });
});
