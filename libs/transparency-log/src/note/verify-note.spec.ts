import { generateKeyPairSync, sign } from 'node:crypto';
import {
  type Note,
  parseVerifierKey,
  serialiseCheckpoint,
  serialiseVerifierKey,
  signerKey,
  signNote,
  verifierKeyOf,
  verifyNote,
} from '../index.js';
import { ed25519, headOf, logSigner, refusal, witness } from '../log.fixture.js';

const TEXT = 'If it is not in the log, it has not been sent.\n';
const unsigned = refusal('ERR_LOG_SIGNATURE');
const [one, two, stranger] = [logSigner('one'), logSigner('two'), logSigner('stranger')];
const known = [one.key, two.key];
const note = signNote(TEXT, [one, two]);
const namesOf = (verified: ReturnType<typeof verifyNote>) => verified.map(({ key }) => key.name);

/** The same note with one bit of one signature changed. */
const damaged = ({ text, signatures }: Note, index: number): Note => ({
  text,
  signatures: signatures.map((line, at) => {
    if (at !== index) return line;
    const signature = Buffer.from(line.signature);
    signature[5] = (signature[5] ?? 0) ^ 4;
    return { ...line, signature };
  }),
});

describe(verifyNote.name, () => {
  it('verifies the known keys, in the order of the lines', () => {
    expect(namesOf(verifyNote(note, [two.key, one.key]))).toEqual(['one', 'two']);
    expect(namesOf(verifyNote(note, [two.key]))).toEqual(['two']);
  });

  it('ignores unknown keys, even with a known name or a known ID', () => {
    const { signatures } = signNote(TEXT, [stranger, one]);
    const [foreign] = signatures;
    if (foreign === undefined) throw new Error('no signature');
    for (const line of [foreign, { ...foreign, name: 'one' }, { ...foreign, keyId: one.key.keyId }]) {
      expect(namesOf(verifyNote({ text: TEXT, signatures: [line, ...signatures] }, known))).toEqual(['one']);
      expect(() => verifyNote({ text: TEXT, signatures: [line] }, known)).toThrow(unsigned);
    }
  });

  it('refuses the whole note when any signature of a known key fails', () => {
    expect(() => verifyNote(damaged(note, 0), known)).toThrow(unsigned);
    expect(() => verifyNote(damaged(note, 1), known)).toThrow(unsigned);
    expect(namesOf(verifyNote(damaged(note, 1), [one.key]))).toEqual(['one']);
  });

  it('refuses a note that nobody known has signed', () => {
    expect(() => verifyNote(note, [])).toThrow(unsigned);
    expect(() => verifyNote(note, [stranger.key])).toThrow(unsigned);
  });

  it.each([
    ['another text', TEXT.replace('not', 'now')],
    ['a shorter text', TEXT.slice(0, -2)],
    ['a longer text', `${TEXT}\n`],
    ['another case', TEXT.toUpperCase()],
  ])('refuses %s', (_, text) => {
    expect(() => verifyNote({ ...note, text }, known)).toThrow(unsigned);
  });

  it('counts a key once, however often it signed, and still checks each line', () => {
    const [first, second] = note.signatures;
    if (first === undefined || second === undefined) throw new Error('no signatures');
    expect(namesOf(verifyNote({ text: TEXT, signatures: [first, first, second, first] }, known))).toEqual([
      'one',
      'two',
    ]);
    const repeated = { text: TEXT, signatures: [first, first] };
    expect(() => verifyNote(damaged(repeated, 1), known)).toThrow(unsigned);
    expect(() => verifyNote(damaged(repeated, 0), known)).toThrow(unsigned);
  });

  it('refuses signatures of another length', () => {
    const [line] = note.signatures;
    if (line === undefined) throw new Error('no signature');
    for (const signature of [line.signature.subarray(1), Buffer.concat([line.signature, Buffer.of(0)])]) {
      expect(() => verifyNote({ text: TEXT, signatures: [{ ...line, signature }] }, known)).toThrow(unsigned);
    }
  });

  it('never takes a key for another type of signature', () => {
    const text = serialiseCheckpoint(headOf(3));
    const privateKey = ed25519('shared');
    const plain = signerKey('shared', 1, privateKey);
    const timed = verifierKeyOf('shared', 4, plain.key.material);
    expect(() => verifyNote(signNote(text, [plain]), [timed])).toThrow(unsigned);
    const forged = [
      { name: 'shared', keyId: timed.keyId, signature: sign(null, Buffer.from(text), privateKey) },
      {
        name: 'shared',
        keyId: timed.keyId,
        signature: Buffer.concat([Buffer.alloc(8), sign(null, Buffer.from(text), privateKey)]),
      },
    ];
    for (const line of forged) expect(() => verifyNote({ text, signatures: [line] }, [timed])).toThrow(unsigned);
  });

  it('ignores known keys of a type that it does not verify', () => {
    const material = Buffer.concat([Buffer.of(2), one.key.material]).toString('base64');
    const odd = parseVerifierKey(`one+${one.key.keyId}+${material}`);
    expect(() => verifyNote(note, [odd])).toThrow(unsigned);
    expect(namesOf(verifyNote(note, [odd, two.key]))).toEqual(['two']);
  });

  it('refuses two known keys that share name and ID, and takes one key given twice', () => {
    const twin = { ...two.key, name: one.key.name, keyId: one.key.keyId };
    expect(() => verifyNote(note, [one.key, twin])).toThrow(refusal('ERR_LOG_KEY'));
    expect(namesOf(verifyNote(note, [one.key, parseVerifierKey(serialiseVerifierKey(one.key))]))).toEqual(['one']);
  });
});

describe(signNote.name, () => {
  it('refuses texts that no note can have', () => {
    for (const text of ['', 'text', 'te\rxt\n', 'te\ud800xt\n', 'one\n\ntwo']) {
      expect(() => signNote(text, [one])).toThrow(refusal('ERR_LOG_MALFORMED'));
    }
    expect(() => signNote(TEXT, [])).toThrow(refusal('ERR_LOG_MALFORMED'));
  });

  it('refuses the key of a cosigner', () => {
    expect(() => signNote(TEXT, [witness('w')])).toThrow(refusal('ERR_LOG_KEY'));
  });
});

describe(signerKey.name, () => {
  it('refuses a private key that does not fit its type', () => {
    expect(() => signerKey('a', 6, ed25519('a'))).toThrow(refusal('ERR_LOG_KEY'));
    const others = [
      generateKeyPairSync('x25519'),
      generateKeyPairSync('ed448'),
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('ml-dsa-65'),
    ];
    for (const type of [1, 4, 6]) {
      for (const { privateKey } of others) {
        expect(() => signerKey('a', type, privateKey)).toThrow(refusal('ERR_LOG_KEY'));
      }
    }
    expect(() => signerKey('a', 2, ed25519('a'))).toThrow(refusal('ERR_LOG_KEY'));
    expect(() => signerKey('a b', 1, ed25519('a'))).toThrow(refusal('ERR_LOG_KEY'));
  });
});
