import { isSeraiError } from '#libs/errors';
import { parseNote, parseVerifierKey, verifyNote } from '#libs/transparency-log';
import { vectorsOf } from './vectors-of.js';

interface NoteVectors {
  readonly source: string;
  readonly verdicts: {
    name: string;
    note: string;
    verifiers: string[];
    error?: 'malformed' | 'signature' | 'unverified';
    verified?: string[];
    text?: string;
  }[];
}

const { source, verdicts } = vectorsOf<NoteVectors>('notes.json');

/** What the others accept and we refuse: a second form of the same bytes, and a known key whose second signature is wrong. */
const STRICTER = ['base64 with stray bits', 'a wrong signature after the right one'];

function answerTo(note: string, verifiers: readonly string[]) {
  try {
    const parsed = parseNote(Buffer.from(note, 'base64'));
    const verified = verifyNote(parsed, verifiers.map(parseVerifierKey));
    return { text: parsed.text, verified: verified.map(({ key }) => key.name) };
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_MALFORMED', 'ERR_LOG_SIGNATURE')) return error.code;
    throw error;
  }
}

describe(`notes and the answers of ${source}`, () => {
  const accepted = verdicts.filter(({ name, error }) => error === undefined && !STRICTER.includes(name));
  const refused = verdicts.filter(({ error }) => error !== undefined);

  it('are of every kind', () => {
    expect(accepted.length).toBeGreaterThanOrEqual(20);
    expect(new Set(refused.map(({ error }) => error))).toEqual(new Set(['malformed', 'signature', 'unverified']));
    expect(accepted.length + refused.length + STRICTER.length).toBe(verdicts.length);
  });

  it.each(accepted)('opened: $name', ({ note, verifiers, text, verified }) => {
    expect(answerTo(note, verifiers)).toEqual({ text, verified });
  });

  it.each(refused)('refused: $name', ({ note, verifiers, error }) => {
    const code = answerTo(note, verifiers);
    if (error === 'malformed') expect(code).toBe('ERR_LOG_MALFORMED');
    else expect(['ERR_LOG_MALFORMED', 'ERR_LOG_SIGNATURE']).toContain(code);
  });

  it.each(STRICTER)('refused by us alone: %s', (strict) => {
    const { note, verifiers, error } = verdicts.find(({ name }) => name === strict) ?? { note: '', verifiers: [] };
    expect(error).toBeUndefined();
    expect(answerTo(note, verifiers)).toMatch(/^ERR_LOG_/);
    expect(verifiers).not.toEqual([]);
  });
});
