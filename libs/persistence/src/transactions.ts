import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { together } from './together.js';
import { isConflict } from './transient-errors.js';

const MOST_RUNS = 10;
const LONGEST_PAUSE_MS = 250;

type Rows = readonly Record<string, unknown>[];

/** A statement whose result nobody in the transaction waits for. */
interface LastStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
  readonly onceCommitted: (rows: Rows) => void;
}

/** By the manager of a transaction: what goes out with its commit. */
const lastStatements = new WeakMap<EntityManager, LastStatement[]>();

/**
 * Has a statement run at the end of the transaction, behind those that were given before it, on the way of the commit: no round trip of its own, and what it locks is
 * locked for as long as the commit takes. Nothing in the transaction sees what it does. When it fails, the transaction fails. Outside of {@link inTransaction} it
 * runs at once.
 *
 * @param text any statement but UPDATE and DELETE without WITH, whose rows come in another shape
 * @param onceCommitted called with the rows that the statement returned; must not throw
 * @example await atCommit(tx, 'insert into audit (id) values ($1)', [id], () => wake())
 */
export async function atCommit(
  tx: EntityManager,
  text: string,
  parameters: readonly unknown[],
  onceCommitted: (rows: Rows) => void = () => undefined,
): Promise<void> {
  const last = lastStatements.get(tx);
  if (last) last.push({ text, parameters, onceCommitted });
  else onceCommitted(await tx.query(text, [...parameters]));
}

/**
 * Runs `work` in one transaction (read committed) and commits. After a serialization failure or a deadlock (SQLSTATE 40001, 40P01) the WHOLE of
 * `work` runs again in a new transaction, so it must not have effects outside `tx`. Ten collisions in a row are given up with the last error.
 *
 * @example await inTransaction(dataSource, async (tx) => { await legs.move(tx, leg); await outbox.add(tx, records); })
 */
export async function inTransaction<T>(dataSource: DataSource, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  for (let run = 1; ; run += 1) {
    try {
      return await runOnce(dataSource, work);
    } catch (error) {
      if (!isConflict(error) || run === MOST_RUNS) throw error;
      await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 5 * 2 ** run));
    }
  }
}

async function runOnce<T>(dataSource: DataSource, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  const session = dataSource.createQueryRunner();
  const tx = session.manager;
  const last: LastStatement[] = [];
  lastStatements.set(tx, last);
  try {
    await session.startTransaction();
    const result = await work(tx);
    // All are handed to the connection in this order, in one go. Behind one that fails, the server takes the commit for a rollback.
    const statements = last.map(({ text, parameters }): Promise<Rows> => session.query(text, [...parameters]));
    const [rows] = await together([together(statements), session.commitTransaction()]);
    for (const [index, { onceCommitted }] of last.entries()) onceCommitted(rows[index]!);
    return result;
  } catch (error) {
    if (session.isTransactionActive) await session.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await session.release();
  }
}
