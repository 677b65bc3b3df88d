import { setTimeout as pause } from 'node:timers/promises';

const LINGER_MS = 5;

/**
 * Waits a moment for company before the next batch, where the last one had company: under load each hop then works on batches, and what travels
 * alone is never kept waiting.
 *
 * @param lastCount items of the last batch
 */
export async function linger(lastCount: number): Promise<void> {
  if (lastCount > 1) await pause(LINGER_MS);
}
