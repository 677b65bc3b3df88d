/** Lets one loop sleep until somebody wakes it; a wake that comes while it works is not lost. */
export class WakeSignal {
  private woken = Promise.withResolvers<void>();

  readonly wake = (): void => this.woken.resolve();

  /** Resolves at the next wake, at the latest after `longestMs`. */
  async wait(longestMs: number): Promise<void> {
    const timer = setTimeout(this.wake, longestMs);
    await this.woken.promise;
    clearTimeout(timer);
    this.woken = Promise.withResolvers<void>();
  }
}
