import { setTimeout as pause } from 'node:timers/promises';

const SHORTEST_MS = 100;
const LONGEST_MS = 10_000;
const LONGEST_ASKED_MS = 900_000;

/** Growing waits between attempts, spread at random, so that access points do not come back all at once after an outage. */
export class Backoff {
  private failures = 0;

  /** Attempts that failed in a row. */
  get count(): number {
    return this.failures;
  }

  reset(): void {
    this.failures = 0;
  }

  /**
   * Waits after a failure, or until `signal` aborts.
   *
   * @param atLeastSeconds what the other side asked for; a quarter of an hour at most, whatever it says
   */
  async afterFailure(signal: AbortSignal, atLeastSeconds = 0): Promise<void> {
    const limit = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** this.failures);
    this.failures += 1;
    const asked = Math.min(LONGEST_ASKED_MS, atLeastSeconds * 1_000);
    await pause(asked + limit / 2 + (Math.random() * limit) / 2, undefined, { signal }).catch(() => undefined);
  }
}
