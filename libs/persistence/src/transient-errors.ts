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

/** What pg and TypeORM say, without a code, when a connection ended under a query. */
const CONNECTION_MESSAGES =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query runner already released|Client was closed and is not queryable|Connection ended unexpectedly/i;

/** SQLSTATE or network code of an error, also when TypeORM wrapped it. */
export function databaseCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, driverError } = error as Error & { code?: unknown; driverError?: { code?: unknown } };
  const found = driverError?.code ?? code;
  return typeof found === 'string' ? found : undefined;
}

/** True for the two conflicts after which PostgreSQL asks to run the whole transaction again (40001, 40P01). */
export function isConflict(error: unknown): boolean {
  const code = databaseCode(error);
  return code === '40001' || code === '40P01';
}

/**
 * True when the same work may succeed if it is done again: the database or another dependency was away, or transactions collided.
 * A {@link SeraiError} is transient when the table says `retry`.
 */
export function isTransient(error: unknown): boolean {
  if (isSeraiError(error)) return error.row.disposition === 'retry';
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  if (!(error instanceof Error)) return false;
  const code = databaseCode(error);
  if (code !== undefined && (TRANSIENT_STATES.test(code) || NETWORK_CODES.has(code))) return true;
  return CONNECTION_MESSAGES.test(error.message);
}
