import { WakeSignal } from './wake-signal.js';

/** As {@link WakeSignal}, for work of which some has time: that waits for company, or for work that has none. */
export class PacedSignal {
  private readonly any = new WakeSignal();
  private readonly hurried = new WakeSignal();
  private lastAt = Number.NEGATIVE_INFINITY;

  /** @param paceMs between one {@link wait} that ends for unhurried work alone and the wait before it */
  constructor(private readonly paceMs: number) {}

  readonly wake = (): void => {
    this.hurried.wake();
    this.any.wake();
  };

  readonly wakeUnhurried = (): void => this.any.wake();

  /** Resolves at the next wake, at the latest after `longestMs` or, if that is later, at the pace. */
  async wait(longestMs: number): Promise<void> {
    await this.any.wait(longestMs);
    const early = Math.max(0, this.lastAt + this.paceMs - performance.now());
    if (early === 0) this.hurried.wake();
    await this.hurried.wait(early);
    this.lastAt = performance.now();
  }
}
