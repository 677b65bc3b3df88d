/** Longest run of base64url that is looked into; longer ones are looked into all the same, piece by piece of the JWS. */
const ENCODED = /[A-Za-z0-9_+/-]{16,}/g;
const DEPTH = 4;

/** The bytes themselves, and whatever is base64 in them, decoded, again and again: a JWS within a JWS is found. */
function* layersOf(bytes: Buffer, depth = DEPTH): Generator<Buffer> {
  yield bytes;
  if (depth === 0) return;
  for (const [encoded] of bytes.toString('latin1').matchAll(ENCODED)) {
    yield* layersOf(Buffer.from(encoded.replaceAll('+', '-').replaceAll('/', '_'), 'base64url'), depth - 1);
  }
}

/** The words that are found in the bytes, in UTF-8 or as JSON escapes, at any depth of base64. */
export function findWords(bytes: Buffer, words: readonly string[]): string[] {
  const needles = words.flatMap((word) => [word, escaped(word)].map((form) => ({ word, form: Buffer.from(form) })));
  const found = new Set<string>();
  for (const layer of layersOf(bytes)) {
    for (const { word, form } of needles) if (layer.includes(form)) found.add(word);
  }
  return [...found];
}

/** `\\u0437...`, as a JSON writer that keeps to ASCII would put it. */
const escaped = (word: string): string =>
  [...word]
    .map((letter) => (letter > '\u007e' ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter))
    .join('');
