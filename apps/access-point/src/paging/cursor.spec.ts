import { z } from 'zod';
import { nextCursor, readCursor } from './cursor.js';

const position = z.object({ at: z.string(), id: z.number() });
const positionOf = (id: number) => ({ at: 'x', id });

describe(nextCursor.name, () => {
  it('hands out a cursor only when there is more', () => {
    expect(nextCursor([1, 2], 2, positionOf)).toEqual({ rows: [1, 2], next: {} });
    const { rows, next } = nextCursor([1, 2, 3], 2, positionOf);
    expect(rows).toEqual([1, 2]);
    expect(readCursor(position, next.next)).toEqual({ at: 'x', id: 2 });
  });
});

describe(readCursor.name, () => {
  it('begins at the start without one', () => {
    expect(readCursor(position, undefined)).toBeUndefined();
  });

  it.each(['', 'x', 'bnVsbA', Buffer.from('{"at":1,"id":2}').toString('base64url')])('refuses %p', (cursor) => {
    expect(() => readCursor(position, cursor)).toThrow(expect.objectContaining({ code: 'ERR_CURSOR_INVALID' }));
  });
});
