import { type ErrorCode, isSeraiError } from '#libs/errors';
import { isTransient } from '#libs/persistence';

/** The code to park with, undefined when the record is to be ignored; throws what is not the record's fault. */
export function rejectionCode(error: unknown): ErrorCode | undefined {
  if (isTransient(error)) throw error;
  if (!isSeraiError(error)) return 'ERR_INTERNAL_UNEXPECTED';
  switch (error.row.disposition) {
    case 'park':
    case 'refuse':
      return error.code;
    case 'ignore':
      return undefined;
    case 'retry':
    case 'fatal':
      throw error;
  }
}
