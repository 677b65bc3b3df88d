import { SeraiError } from '#libs/errors';
import { isHash } from './tree/hashing.js';

/** Most hashes of a Merkle proof that any of the formats lets in; a tree of 2^63 leaves needs no more. */
export const MAX_PROOF_LINES = 63;

const DECIMAL = /^(0|[1-9][0-9]{0,15})$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes UTF-8 and drops nothing, not even a byte order mark. Returns undefined for other bytes. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes base64 of RFC 4648 section 4 in its one canonical form: padded, no whitespace, no stray bits. Returns undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** A SHA-256 hash in base64, 32 bytes. Returns undefined for anything else. */
export function decodeHash(text: string): Buffer | undefined {
  const hash = decodeBase64(text);
  return hash && isHash(hash) ? hash : undefined;
}

/**
 * A size, index or time as ASCII decimal without leading zeros. The formats go to 2^63 - 1; here it ends at 2^53 - 1, so that every accepted number is
 * exact. Returns undefined for anything else.
 */
export function parseDecimal(text: string): number | undefined {
  const value = DECIMAL.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * The hashes of a Merkle proof, one in base64 per line.
 *
 * @param format what the lines are part of, for the message
 * @throws SeraiError ERR_LOG_MALFORMED
 */
export function parseProofLines(lines: readonly string[], format: string): Buffer[] {
  if (lines.length > MAX_PROOF_LINES) throw malformed(format, 'number of proof lines');
  return lines.map((line) => {
    const hash = decodeHash(line);
    if (hash === undefined) throw malformed(format, 'proof line');
    return hash;
  });
}

/** The error for text that is not in the form its specification prescribes. */
export function malformed(format: string, step: string): SeraiError {
  return new SeraiError('ERR_LOG_MALFORMED', `This is not a well-formed ${format}.`, { detail: { step } });
}
