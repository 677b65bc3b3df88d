import { SeraiError } from '#libs/errors';
import { isTransient } from './transient-errors.js';

/**
 * For the `catch` of a query behind HTTP: when the database is away the caller hears `ERR_DATABASE_UNAVAILABLE` with `message`; any other error passes.
 *
 * @example await this.feeds.end(participant).catch(orUnavailable('The feed cannot be read now. Try again later.'))
 */
export function orUnavailable(message: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof SeraiError || !isTransient(error)) throw error;
    throw new SeraiError('ERR_DATABASE_UNAVAILABLE', message, { cause: error });
  };
}
