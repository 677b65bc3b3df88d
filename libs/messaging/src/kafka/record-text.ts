/** A key, or a header's name or value, as a text that can be stored: PostgreSQL stores no NUL, and even a record that is nonsense must be parked. */
export function toText(bytes: Buffer | string): string {
  return bytes.toString().replaceAll('\0', '\uFFFD');
}
