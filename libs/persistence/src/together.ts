import { codeOf } from './transient-errors.js';

/** What PostgreSQL answers to statements behind one that failed: "current transaction is aborted". */
const ABORTED = '25P02';

/**
 * Awaits statements of ONE transaction that do not need each other's results: they travel together, as one round trip, and run in the order given where each is sent
 * by the first act of its function.
 * Waits for all of them also when one fails, because what is sent behind the rollback would be outside of the transaction.
 *
 * @throws what the first statement that failed by itself threw
 * @example const [legs] = await together([keepLegStates(tx, states), insertReceivedEvents(tx, events)])
 */
export async function together<Statements extends readonly Promise<unknown>[] | []>(
  statements: Statements,
): Promise<{ -readonly [K in keyof Statements]: Awaited<Statements[K]> }> {
  const outcomes = await Promise.allSettled(statements);
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  if (failures.length > 0) throw failures.find((failure) => codeOf(failure) !== ABORTED) ?? failures[0];
  return Promise.all(statements);
}
