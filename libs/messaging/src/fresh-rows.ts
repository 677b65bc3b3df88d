import { randomUUID } from 'node:crypto';

/** Where there are more, they wait in the table only. */
const MOST_REMEMBERED = 1_000;

/** Numbered rows that transactions of this process have just added to a table, so that whoever sends them on from there need not read them back. */
export class FreshRows<Row> {
  /** What announcements of commits say whose rows are here. */
  readonly origin = randomUUID();
  private rows: Row[] = [];
  private isFollowed = false;

  constructor(private readonly numberOf: (row: Row) => bigint) {}

  /** From now on what is offered is remembered. */
  follow(): void {
    this.isFollowed = true;
  }

  leave(): void {
    this.isFollowed = false;
    this.rows = [];
  }

  /** Takes rows that have just been committed. */
  offer(rows: readonly Row[]): void {
    if (!this.isFollowed) return;
    if (this.rows.length + rows.length > MOST_REMEMBERED) this.rows = [];
    else this.rows.push(...rows);
  }

  /**
   * All that is remembered, each time once. Undefined where that is not what comes right behind a number, without a gap: somebody else may have added
   * what lies between, in this process or another, so the table must be looked at.
   */
  takeBehind(last: bigint): Row[] | undefined {
    const { numberOf } = this;
    const taken = this.rows.toSorted((a, b) => (numberOf(a) < numberOf(b) ? -1 : 1));
    this.rows = [];
    const isNext = taken.every((row, index) => numberOf(row) === last + BigInt(index) + 1n);
    return taken.length > 0 && isNext ? taken : undefined;
  }

  /** The highest number of rows, at least `last`. */
  lastOf(rows: readonly Row[], last: bigint): bigint {
    return rows.reduce((highest, row) => (this.numberOf(row) > highest ? this.numberOf(row) : highest), last);
  }
}
