import { SeraiError } from '#libs/errors';
import { codeOf, isTransient } from './transient-errors.js';

/** SQLSTATE disk_full. */
const DISK_FULL = '53100';

/**
 * For the `catch` of a query behind HTTP: when the database is away the caller hears `ERR_DATABASE_UNAVAILABLE` with `message`, when its disk is full
 * `ERR_DATABASE_FULL`; any other error passes.
 *
 * @example await this.feeds.end(participant).catch(orUnavailable('The feed cannot be read now. Try again later.'))
 */
export function orUnavailable(message: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof SeraiError || !isTransient(error)) throw error;
    if (codeOf(error) === DISK_FULL) throw full(error);
    throw new SeraiError('ERR_DATABASE_UNAVAILABLE', message, { cause: error });
  };
}

function full(cause: unknown): SeraiError {
  return new SeraiError(
    'ERR_DATABASE_FULL',
    'The database has no room for this now. Nothing that was accepted is lost; try again later.',
    {
      cause,
    },
  );
}
