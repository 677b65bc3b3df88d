import type { z } from 'zod';
import { SeraiError } from '#libs/errors';

/** A page of a list. */
export interface Page<Entry> {
  readonly entries: Entry[];
  readonly next?: string;
}

/** The position in a cursor that an earlier page handed out, or undefined at the start. */
export function readCursor<Position extends z.ZodType>(
  position: Position,
  cursor: string | undefined,
): z.output<Position> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new SeraiError('ERR_CURSOR_INVALID', 'The cursor is not one that this list handed out.', { cause });
  }
}

/** Cuts a list that was read with one row too many, and says where the next page begins. */
export function nextCursor<Row>(
  found: readonly Row[],
  limit: number,
  positionOf: (row: Row) => unknown,
): { rows: readonly Row[]; next: { next?: string } } {
  if (found.length <= limit) return { rows: found, next: {} };
  const rows = found.slice(0, limit);
  const last = JSON.stringify(positionOf(rows[limit - 1]!));
  return { rows, next: { next: Buffer.from(last).toString('base64url') } };
}
