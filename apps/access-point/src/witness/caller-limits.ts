import { TokenBucket } from '#libs/traffic';

/** A log asks once a second, and twice more after a conflict. */
const ALLOWANCE = { perSecond: 10, burst: 60, perDay: Number.POSITIVE_INFINITY };
const MOST_ADDRESSES = 1_000;
const MOST_AT_ONCE = 32;

/**
 * Bounds what strangers can make this process do: so many requests from one address, so many bodies in memory. Behind a proxy all callers have its address: there it
 * is the proxy that limits each of them.
 */
export class CallerLimits {
  private readonly buckets = new Map<string, TokenBucket>();
  private inHand = 0;

  /** Seconds after which the caller may come again; 0 when it may now, and then {@link leave} follows. */
  enter(address: string, now = performance.now()): number {
    const bucket = this.buckets.get(address) ?? new TokenBucket(ALLOWANCE, now);
    // The address that came last stays longest.
    this.buckets.delete(address);
    this.buckets.set(address, bucket);
    if (this.buckets.size > MOST_ADDRESSES) this.buckets.delete(this.buckets.keys().next().value!);
    const wait = bucket.wait(ALLOWANCE, now);
    if (wait > 0) return Math.ceil(wait);
    bucket.take(1);
    if (this.inHand >= MOST_AT_ONCE) return 1;
    this.inHand += 1;
    return 0;
  }

  leave(): void {
    this.inHand -= 1;
  }
}
