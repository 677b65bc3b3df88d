import { isSeraiError } from '#libs/errors';

/** SQLSTATE classes and codes after which the same work may succeed: connection lost, server stopping or full, conflicts. */
const TRANSIENT_STATES = /^(08...|57P0[1-5]|53[0-4]..|40001|40P01|55P03|25P03)$/;

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What pg says, without a code, when a connection ended under a query or could not be had in time. */
const CONNECTION_MESSAGES =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Client was closed and is not queryable/i;

/** What TypeORM throws when a transaction goes on after its connection has ended. */
const RELEASED_SESSIONS = new Set(['QueryRunnerAlreadyReleasedError', 'QueryRunnerProviderAlreadyReleasedError']);

interface ErrorLike {
  readonly name?: unknown;
  readonly message: string;
  readonly code?: unknown;
  readonly driverError?: { readonly code?: unknown };
  readonly errors?: unknown;
}

/** By shape: an error may come from another realm, where `instanceof` fails. */
function isErrorLike(error: unknown): error is ErrorLike {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

/** SQLSTATE or network code of an error, also when TypeORM wrapped it. */
export function codeOf(error: unknown): string | undefined {
  return isErrorLike(error) ? String(error.driverError?.code ?? error.code) : undefined;
}

/** True for the two conflicts after which PostgreSQL asks to run the whole transaction again (40001, 40P01). */
export function isConflict(error: unknown): boolean {
  return /^(40001|40P01)$/.test(codeOf(error) ?? '');
}

/**
 * True when the same work may succeed if it is done again: the database or another dependency was away, or transactions collided.
 * A {@link SeraiError} is transient when the table says `retry`.
 */
export function isTransient(error: unknown): boolean {
  if (isSeraiError(error)) return error.row.disposition === 'retry';
  if (!isErrorLike(error)) return false;
  if (Array.isArray(error.errors)) return error.errors.some(isTransient);
  const code = codeOf(error) ?? '';
  if (TRANSIENT_STATES.test(code) || NETWORK_CODES.has(code)) return true;
  return RELEASED_SESSIONS.has(String(error.name)) || CONNECTION_MESSAGES.test(error.message);
}
