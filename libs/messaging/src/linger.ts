import { setTimeout as pause } from 'node:timers/promises';

const LINGER_MS = 5;
/** A batch that is longer ago says nothing about the next one. */
const RECENT_MS = 20;

/**
 * Waits a moment for company before the next batch, where the last one had company and was just now: under load each hop then works on batches, and
 * what travels alone is never kept waiting.
 *
 * @param lastCount items of the last batch
 * @param lastAt when that was done, of `performance.now()`
 */
export async function linger(lastCount: number, lastAt = performance.now()): Promise<void> {
  if (lastCount > 1 && performance.now() - lastAt < RECENT_MS) await pause(LINGER_MS);
}
