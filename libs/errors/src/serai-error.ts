import { ERROR_TABLE, type ErrorCode, type ErrorRow } from './error-table.js';

/** What {@link SeraiError} keeps beside its code and public message. */
export interface SeraiErrorOptions {
  /** The error that led here; goes to the log only. */
  readonly cause?: unknown;
  /** Facts for the operator (step, ids, sizes); never personal data; goes to the log only. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** After how many seconds the same may be tried again; becomes the header Retry-After. */
  readonly retryAfterSeconds?: number;
}

/**
 * The one error class of the project. `message` may reach the peer and says what to do; `detail` and `cause` stay in the log.
 *
 * @example throw new SeraiError('ERR_REQUEST_NO_AGREEMENT', 'No agreement covers IDENTITY from rs to bg. Record one first.')
 */
export class SeraiError extends Error {
  override readonly name = 'SeraiError';
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: SeraiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The table row of this code: HTTP status, log level and what a consumer does with it. */
  get row(): ErrorRow {
    return ERROR_TABLE[this.code];
  }
}

/** True for a {@link SeraiError}, with one of `codes` where any are given. */
export function isSeraiError(error: unknown, ...codes: ErrorCode[]): error is SeraiError {
  return error instanceof SeraiError && (codes.length === 0 || codes.includes(error.code));
}
