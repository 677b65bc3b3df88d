import { SeraiError } from '#libs/errors';

// Members that may hold what a message says, who a person is or what opens a door. Compared in lower case without separators.
const WITHHELD = new Set([
  'authorization',
  'body',
  'ciphertext',
  'content',
  'cookie',
  'cookies',
  'd',
  'data',
  'envelope',
  'headers',
  'jwe',
  'jws',
  'k',
  'parameters',
  'passphrase',
  'password',
  'payload',
  'plaintext',
  'privatekey',
  'query',
  'secret',
  'setcookie',
  'subjects',
  'token',
  'value',
  'values',
]);
const WITHHELD_SUFFIX = /(token|secret|password|passphrase|jws|jwe)$/;
const COMPACT_JOSE = /\beyJ[\w-]*\.[\w-]*\.[\w.-]*/g;
const CREDENTIALS_IN_URL = /(\/\/[^/:@\s]*:)[^@/\s]*@/g;
const MAX_DEPTH = 6;

/**
 * A copy of `value` that may stand in a log: withheld members and anything that looks like a JWS, JWE or token is replaced,
 * bytes become their length, errors become {@link describeError}.
 */
export function logSafe(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return safeText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date) return value;
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`;
  if (depth >= MAX_DEPTH) return '(deeper)';
  if (Array.isArray(value)) return value.map((entry) => logSafe(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isWithheld(name) ? '(withheld)' : logSafe(member, depth + 1)]),
  );
}

function isWithheld(name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_]/g, '');
  return WITHHELD.has(plain) || WITHHELD_SUFFIX.test(plain);
}

/** `text` without tokens, envelopes and passwords in connection strings. */
export function safeText(text: string): string {
  return text.replace(COMPACT_JOSE, '(jose)').replace(CREDENTIALS_IN_URL, '$1(withheld)@');
}

/** An error as the log keeps it: name, code, message, detail, the frames of its stack, and its cause in the same form. */
export function describeError(error: Error, depth = 0): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: quotesItsInput(error) ? '(withheld: may quote what was handled)' : safeText(messageOf(error)),
    ...(error instanceof SeraiError ? { detail: logSafe(error.detail, depth + 1) } : {}),
    stack: framesOf(error),
    ...(error.cause === undefined || depth >= MAX_DEPTH ? {} : { cause: logSafe(error.cause, depth + 1) }),
  };
}

// When every address of a host refuses, the error of node itself has no message.
function messageOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join(', ');
}

// JSON.parse quotes the text that it stumbled over; PostgreSQL quotes values in messages of these two classes.
function quotesItsInput(error: Error): boolean {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const sqlState = String(driverError?.code ?? code ?? '');
  return error instanceof SyntaxError || error.name === 'SyntaxError' || /^2[23][0-9A-Z]{3}$/.test(sqlState);
}

// The head of a stack repeats the message, so only the frames are kept.
function framesOf(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join('\n');
}
