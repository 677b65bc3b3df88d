import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { type ErrorCode, SeraiError, toProblem } from '#libs/errors';
import { logFailure } from '../logs/log-failure.js';
import { LOGGER, type Logger } from '../logs/logger.js';
import type { HttpReply } from './http-types.js';
import { InvalidInputError } from './parse-input.js';

/** Seconds after which a caller may try again when something behind us is down. */
const RETRY_AFTER_SECONDS = 2;

/** Value of the header Retry-After for an error; undefined where trying again does not help. */
export function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof SeraiError)) return undefined;
  return error.retryAfterSeconds ?? (error.row.status === 503 ? RETRY_AFTER_SECONDS : undefined);
}

const CODE_OF_STATUS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['ERR_REQUEST_INVALID', 'The request can not be read: its body or address is malformed.'],
  404: ['ERR_REQUEST_NOT_FOUND', 'There is nothing at this address.'],
  405: ['ERR_REQUEST_METHOD', 'This method is not offered here.'],
  413: ['ERR_REQUEST_TOO_LARGE', 'The body is larger than this address takes.'],
  415: ['ERR_REQUEST_MEDIA_TYPE', 'The content type is not one that this address takes.'],
};

/** The error of the house for whatever a controller, Nest or Fastify threw. */
export function toSeraiError(thrown: unknown): SeraiError {
  if (thrown instanceof SeraiError) return thrown;
  const known = CODE_OF_STATUS[statusOf(thrown) ?? 0];
  if (known) return new SeraiError(...known, { cause: thrown });
  return new SeraiError('ERR_INTERNAL_UNEXPECTED', 'Internal error. Try again later.', { cause: thrown });
}

function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const { statusCode } = (thrown ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** Answers every error of HTTP with a problem document (RFC 9457) and logs it as its row of the error table says. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = toSeraiError(thrown);
    const reply = host.switchToHttp().getResponse<HttpReply>();
    logFailure(this.logger, error, 'request refused');
    // An answer that is already under way (a stream) can only be cut off.
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const retryAfter = retryAfterOf(error);
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
    if (error.row.status === 401) reply.header('www-authenticate', 'Bearer');
    const fields = error instanceof InvalidInputError ? { errors: error.fields } : {};
    void reply
      .status(error.row.status)
      .type('application/problem+json')
      .send({ ...toProblem(error), ...fields });
  }
}
