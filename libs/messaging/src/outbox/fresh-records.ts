import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { UnsentRecord } from './outbox.repository.js';

/** Where there are more, they wait in the table only. */
const MOST_REMEMBERED = 1_000;

/** Records that transactions of this process have just added to its outbox, so that its relay need not read them back. */
export class FreshRecords {
  /** What announcements of commits say whose records are here. */
  readonly origin = randomUUID();
  private records: UnsentRecord[] = [];
  private isFollowed = false;

  /** From now on what is offered is remembered for the relay of this process. */
  follow(): void {
    this.isFollowed = true;
  }

  leave(): void {
    this.isFollowed = false;
    this.records = [];
  }

  /** Takes records that have just been committed. */
  offer(records: readonly UnsentRecord[]): void {
    if (!this.isFollowed) return;
    if (this.records.length + records.length > MOST_REMEMBERED) this.records = [];
    else this.records.push(...records);
  }

  /**
   * All that is remembered, each time once. Undefined where that is not what comes right behind a number, without a gap: somebody else may have added
   * what lies between, in this process or another, so the table must be looked at.
   */
  takeBehind(last: bigint): UnsentRecord[] | undefined {
    const taken = this.records.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    this.records = [];
    const isNext = taken.every(({ id }, index) => BigInt(id) === last + BigInt(index) + 1n);
    return taken.length > 0 && isNext ? taken : undefined;
  }
}

const ofSource = new WeakMap<DataSource, FreshRecords>();

export function freshRecordsOf(dataSource: DataSource): FreshRecords {
  const fresh = ofSource.get(dataSource) ?? new FreshRecords();
  ofSource.set(dataSource, fresh);
  return fresh;
}
