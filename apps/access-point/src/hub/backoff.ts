import { setTimeout as pause } from 'node:timers/promises';

const SHORTEST_MS = 100;
const LONGEST_MS = 10_000;

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

  /** Waits after a failure, or until `signal` aborts. */
  async afterFailure(signal: AbortSignal): Promise<void> {
    const limit = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** this.failures);
    this.failures += 1;
    await pause(limit / 2 + (Math.random() * limit) / 2, undefined, { signal }).catch(() => undefined);
  }
}
