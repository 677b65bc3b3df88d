import type { ErrorCode } from './error-table.js';
import { SeraiError } from './serai-error.js';

/** Problem details of RFC 9457 with our stable `code`; safe to hand to a peer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

/**
 * The problem document of an error, in the sense of RFC 9457. Anything that is not a {@link SeraiError} becomes `ERR_INTERNAL_UNEXPECTED`
 * without a word of its cause.
 */
export function toProblem(error: unknown): Problem {
  const known =
    error instanceof SeraiError ? error : new SeraiError('ERR_INTERNAL_UNEXPECTED', 'Internal error. Try again later.');
  return {
    type: `urn:serai:problem:${known.code}`,
    title: known.row.title,
    status: known.row.status,
    code: known.code,
    detail: known.message,
  };
}
