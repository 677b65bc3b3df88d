import type { z } from 'zod';
import { SeraiError } from '#libs/errors';

/** One field that does not match, as the answer to a caller lists it. */
export interface InvalidField {
  /** Members joined by dots: `recipients.0.desk`; empty for the whole input. */
  readonly path: string;
  readonly message: string;
}

/** A `ERR_REQUEST_INVALID` whose problem document lists every field. */
export class InvalidInputError extends SeraiError {
  constructor(readonly fields: readonly InvalidField[]) {
    const names = fields.map(({ path }) => path || 'the body').join(', ');
    super('ERR_REQUEST_INVALID', `The request does not match its schema: ${names}.`, {
      detail: { fields: fields.length },
    });
  }
}

/**
 * Input of a controller, checked against its schema of `#libs/contracts`.
 *
 * @throws InvalidInputError with every field that does not match
 * @example const search = parseInput(legSearch, query)
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
}
