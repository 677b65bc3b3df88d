/** Longer than any rebalance. */
const STALLED_AFTER_MS = 60_000;

/** Notices that a consumer has given no sign of life for too long. */
export class StallWatch {
  private timer: NodeJS.Timeout | undefined;
  private lastCheck = Date.now();
  /** Silence before this time counts for nothing. */
  private countsFrom = Date.now();

  /** @param lastSign when the consumer last gave a sign, as `Date.now()` says it */
  constructor(
    private readonly lastSign: () => number,
    private readonly stalledAfterMs = STALLED_AFTER_MS,
  ) {}

  get isStalled(): boolean {
    return Date.now() - Math.max(this.lastSign(), this.countsFrom) > this.stalledAfterMs;
  }

  start(onStalled: (error: Error) => void): void {
    this.lastCheck = Date.now();
    this.countsFrom = Date.now();
    this.timer = setInterval(() => this.check(onStalled), this.stalledAfterMs / 4);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private check(onStalled: (error: Error) => void): void {
    const sinceLastCheck = Date.now() - this.lastCheck;
    this.lastCheck = Date.now();
    // Whoever was stopped itself has heard nothing for that reason, and begins to count now.
    if (sinceLastCheck > this.stalledAfterMs / 2) this.countsFrom = Date.now();
    if (this.isStalled) onStalled(new Error('The consumer has stalled.'));
  }
}
