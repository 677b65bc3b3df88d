import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { isConflict } from './transient-errors.js';

const MOST_RUNS = 10;
const LONGEST_PAUSE_MS = 250;

/**
 * Runs `work` in one transaction (read committed) and commits. After a serialization failure or a deadlock (SQLSTATE 40001, 40P01) the WHOLE of
 * `work` runs again in a new transaction, so it must not have effects outside `tx`. Ten collisions in a row are given up with the last error.
 *
 * @example await inTransaction(dataSource, async (tx) => { await legs.move(tx, leg); await outbox.add(tx, records); })
 */
export async function inTransaction<T>(dataSource: DataSource, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  for (let run = 1; ; run += 1) {
    try {
      return await dataSource.transaction(work);
    } catch (error) {
      if (!isConflict(error) || run === MOST_RUNS) throw error;
      await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 5 * 2 ** run));
    }
  }
}
