import { type ErrorCode, SeraiError } from '#libs/errors';

/** Deepest nesting of objects and arrays. Our deepest contract needs 8. */
const MAX_DEPTH = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const loneSurrogate = /\p{Surrogate}/u;
const numberToken = /-?\d[\d.eE+-]*/y;

/**
 * Parses JSON that means the same to every reader (I-JSON, RFC 7493): valid UTF-8, no byte order mark, no duplicate member, no lone surrogate,
 * no integer beyond 2^53 - 1 and nothing infinite, at most 32 levels deep.
 *
 * @throws SeraiError with the caller's `code`; `detail.reason` says which rule
 */
export function parseStrictJson(bytes: Uint8Array, code: ErrorCode): unknown {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw notStrict(code, 'not JSON in UTF-8', cause);
  }
  const reason = ambiguityOf(text);
  if (reason !== undefined) throw notStrict(code, reason);
  return value;
}

function notStrict(code: ErrorCode, reason: string, cause?: unknown): SeraiError {
  return new SeraiError(
    code,
    'The JSON is not in the strict form of RFC 7493. Send each member once, in valid UTF-8.',
    {
      cause,
      detail: { step: 'json', reason },
    },
  );
}

/** Walks the tokens of text that JSON.parse has already accepted. */
function ambiguityOf(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let nameNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : undefined);
      if (open.length > MAX_DEPTH) return 'too deep';
      nameNext = char === '{';
    } else if (char === '}' || char === ']') {
      open.pop();
      nameNext = false;
    } else if (char === ',') {
      nameNext = open.at(-1) !== undefined;
    } else if (char === '"') {
      const end = endOfString(text, at);
      const reason = ambiguityOfString(text.slice(at, end), nameNext ? open.at(-1) : undefined);
      if (reason !== undefined) return reason;
      nameNext = false;
      at = end - 1;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      numberToken.lastIndex = at;
      const token = numberToken.exec(text)![0];
      if (!isExact(Number(token))) return 'number out of range';
      at += token.length - 1;
    }
  }
  return undefined;
}

function ambiguityOfString(token: string, names: Set<string> | undefined): string | undefined {
  const text = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
  if (token.includes('\\u') && loneSurrogate.test(text)) return 'lone surrogate';
  if (names === undefined) return undefined;
  if (names.has(text)) return 'duplicate member';
  // JSON.parse makes it an own property, but any later copy by assignment would change a prototype.
  if (text === '__proto__') return 'forbidden member';
  names.add(text);
  return undefined;
}

/** Index after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
