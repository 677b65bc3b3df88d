import type { Allowance } from './allowance.js';

/**
 * Tokens that come back at a steady rate. A call passes while one is left and may take more than there are: the debt is waited for by the next
 * one, so that a large batch is neither refused for ever nor free.
 */
export class TokenBucket {
  private level: number;

  /** @param at now, in milliseconds of a clock that never goes back */
  constructor(
    { burst }: Allowance,
    private at: number,
  ) {
    this.level = burst;
  }

  /** Seconds until a call may pass; 0 when it may now. */
  wait(allowance: Allowance, at: number): number {
    this.refill(allowance, at);
    return this.level >= 1 ? 0 : (1 - this.level) / allowance.perSecond;
  }

  take(amount: number): void {
    this.level -= amount;
  }

  /** True when forgetting this bucket changes nothing. */
  isFull(allowance: Allowance, at: number): boolean {
    this.refill(allowance, at);
    return this.level >= allowance.burst;
  }

  private refill({ perSecond, burst }: Allowance, at: number): void {
    this.level = Math.min(burst, this.level + ((at - this.at) / 1_000) * perSecond);
    this.at = at;
  }
}
