/**
 * The words that lie somewhere in a text: as written, escaped, as bytes that were read as Latin-1, or within a stretch of base64url (an envelope's
 * payload).
 */
export function findWords(words: readonly string[], haystack: string): string[] {
  const unescaped = haystack.replaceAll(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const decoded = [...haystack.matchAll(/[A-Za-z0-9_-]{40,}/g)]
    .map(([text]) => Buffer.from(text, 'base64url').toString('utf8'))
    .join('\n');
  const bytes = Buffer.from(haystack, 'latin1').toString('utf8');
  return words.filter((word) => [haystack, unescaped, decoded, bytes].some((text) => text.includes(word)));
}
