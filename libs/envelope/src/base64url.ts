/** Decodes base64url in its one canonical form: no padding, no whitespace, no stray bits. Returns undefined for anything else. */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
