import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';

/** Where there are more, they wait in the table only. */
const MOST_REMEMBERED = 1_000;

/**
 * Numbered rows that transactions of this process have just added to a table, for the loop that sends them on from there: it need not read them back as long as
 * they come right behind what it had before.
 *
 * @example const rows = fresh.take() ?? (await lookAtTable()); fresh.had(rows);
 */
export class FreshRows<Row> {
  /** What announcements of commits say whose rows are here. */
  readonly origin = randomUUID();
  private rows: Row[] = [];
  private isFollowed = false;
  /** Somebody else has added rows, or may have. */
  private mustLook = true;
  /** The highest number that the loop has had. */
  private last = 0n;

  constructor(private readonly numberOf: (row: Row) => bigint) {}

  /** From now on what is offered is remembered, for a loop that has had nothing yet. */
  follow(): void {
    this.isFollowed = true;
    this.mustLook = true;
    this.last = 0n;
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

  /** A commit was announced, or may have been: what others have added is not here. */
  announced(origin: string | undefined): void {
    this.mustLook ||= origin !== this.origin;
  }

  /**
   * All that is remembered, each time once. Undefined where that is not what comes right behind what was had, without a gap: somebody else may have added
   * what lies between, in this process or another, so the table must be looked at now.
   */
  take(): Row[] | undefined {
    const { numberOf, last, mustLook } = this;
    const taken = this.rows.toSorted((a, b) => (numberOf(a) < numberOf(b) ? -1 : 1));
    this.rows = [];
    this.mustLook = false;
    const isNext = taken.every((row, index) => numberOf(row) === last + BigInt(index) + 1n);
    return taken.length > 0 && isNext && !mustLook ? taken : undefined;
  }

  /** Rows that the loop sends on, from here or from the table. */
  had(rows: readonly Row[]): void {
    for (const row of rows) if (this.numberOf(row) > this.last) this.last = this.numberOf(row);
  }
}

/** One for each data source, so that transactions and loop find the same. */
export function freshRowsBySource<Row>(numberOf: (row: Row) => bigint): (dataSource: DataSource) => FreshRows<Row> {
  const bySource = new WeakMap<DataSource, FreshRows<Row>>();
  return (dataSource) => {
    const fresh = bySource.get(dataSource) ?? new FreshRows(numberOf);
    bySource.set(dataSource, fresh);
    return fresh;
  };
}
