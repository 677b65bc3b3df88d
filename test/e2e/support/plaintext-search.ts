/** Runs of base64 or base64url that are long enough to hide a word. */
const ENCODED = /[A-Za-z0-9_+/-]{16,}/g;
const DEPTH = 4;

/** Finds words in bytes: as UTF-8 or as JSON escapes, at any depth of base64, so that a JWS within a JWS is looked into. */
export class PlaintextSearch {
  private readonly pattern: RegExp;
  /** Word by the form in which it is found, as the bytes read in Latin-1. */
  private readonly words: ReadonlyMap<string, string>;

  constructor(words: readonly string[]) {
    const forms = words.flatMap((word) =>
      [Buffer.from(word).toString('latin1'), escaped(word)].map((form) => [form, word] as const),
    );
    this.words = new Map(forms);
    this.pattern = new RegExp(
      [...this.words.keys()].map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
      'g',
    );
  }

  /** Those of the words that are in the bytes. */
  in(bytes: Buffer): string[] {
    const found = new Set<string>();
    this.look(bytes.toString('latin1'), DEPTH, found);
    return [...found];
  }

  private look(text: string, depth: number, found: Set<string>): void {
    for (const [form] of text.matchAll(this.pattern)) found.add(this.words.get(form) ?? form);
    if (depth === 0) return;
    for (const [encoded] of text.matchAll(ENCODED)) {
      this.look(Buffer.from(encoded, 'base64').toString('latin1'), depth - 1, found);
    }
  }
}

/** `\\u0437...`, as a JSON writer that keeps to ASCII would put it. */
const escaped = (word: string): string =>
  [...word]
    .map((letter) => (letter > '\u007e' ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter))
    .join('');
