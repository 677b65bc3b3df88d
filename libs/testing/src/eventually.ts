import { setTimeout as pause } from 'node:timers/promises';

export interface EventuallyOptions {
  /** How long to try, 20 s when left out: a busy machine is slow. */
  readonly timeoutMs?: number;
  /** Pause between two tries, 20 ms when left out. */
  readonly everyMs?: number;
}

/**
 * Repeats an assertion until it holds and returns what it returned; after the time it fails with the assertion's own last error.
 *
 * @example await eventually(async () => expect(await countRows()).toBe(3))
 */
export async function eventually<T>(assertion: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 20_000, everyMs = 20 } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await pause(everyMs);
  }
}
