import { isSeraiError, SeraiError } from '#libs/errors';
import type { Logger } from './logger.js';

const SERVER_ERROR = 500;

/**
 * Logs a failure at the level that its row of the error table says: what a caller did wrong by code and detail, what is wrong here with its stack too.
 *
 * @param fields what else the line says; never contents
 */
export function logFailure(logger: Logger, thrown: unknown, message: string, fields: object = {}): void {
  const isExpected = isSeraiError(thrown) && thrown.row.status < SERVER_ERROR;
  if (isExpected) logger[thrown.row.logLevel]({ ...fields, ...reasonOf(thrown) }, message);
  else logger[isSeraiError(thrown) ? thrown.row.logLevel : 'error']({ ...fields, err: thrown }, message);
}

function reasonOf({ code, detail, cause }: SeraiError): object {
  const deeper = cause === undefined ? {} : { cause: cause instanceof SeraiError ? reasonOf(cause) : cause };
  return { code, detail, ...deeper };
}
