import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { SeraiError } from '#libs/errors';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import { type Allowance, allowanceFor, type TrafficPolicy } from './allowance.js';
import { DailyUse, secondsUntilTomorrow } from './daily-use.js';
import { TokenBucket } from './token-bucket.js';
import { TrafficRepository } from './traffic.repository.js';

const TELL_MS = 1_000;
const RELOAD_EVERY = 10;
const FORGET_EVERY = 3_600;
const KEEP_DAYS = 90;
/** Above this many callers those that rest are forgotten. */
const MANY_BUCKETS = 1_000;

/**
 * Limits what callers do: a rate that each instance keeps by itself, and a quota per day that all instances count together, told to the database
 * once a second. A call costs no round trip. Give it only callers whose signature is known good: strangers must not fill its memory.
 */
@Injectable()
export class TrafficControl implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly use = new DailyUse();
  private readonly refusals: Counter;
  private policies: readonly TrafficPolicy[] = [];
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> = Promise.resolve();
  private telling: Promise<void> = Promise.resolve();
  private ticks = 0;

  constructor(
    private readonly repository: TrafficRepository,
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.refusals = metrics.counter({
      name: 'serai_traffic_refusals_total',
      help: 'Calls that were refused because their caller does too much, by what ran out.',
      labelNames: ['limit'],
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.reload();
    this.timer = setInterval(() => {
      this.ticking = this.ticking.then(() => this.tick());
    }, TELL_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.ticking;
    await this.tell().catch(() => undefined);
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.buckets.size;
  }

  /**
   * Lets a caller pass and counts `amount`, or says when to come again.
   *
   * @throws SeraiError `ERR_TRAFFIC_TOO_FAST`, `ERR_TRAFFIC_QUOTA_SPENT`, both with `retryAfterSeconds`
   */
  admit(caller: string, amount = 1): void {
    const now = new Date();
    const allowance = allowanceFor(this.policies, caller, now);
    if (allowance === undefined) return;
    const bucket = this.bucketOf(caller, allowance);
    const wait = bucket.wait(allowance, performance.now());
    if (wait > 0) throw this.refusal('rate', wait);
    if (this.use.usedBy(caller, now) >= allowance.perDay) throw this.refusal('quota', secondsUntilTomorrow(now));
    this.count(caller, amount);
  }

  /** Counts more of a call that was let through, when it turns out to be a larger one. */
  count(caller: string, amount: number): void {
    this.buckets.get(caller)?.take(amount);
    this.use.add(caller, amount, new Date());
  }

  /** Reads the policy again. */
  async reload(): Promise<void> {
    this.policies = await this.repository.policies();
  }

  /** Tells the database what was used until now, and learns what other instances have seen. One after the other: an older total must not come behind a newer one. */
  tell(): Promise<void> {
    const told = this.telling.then(() => this.tellUntold());
    this.telling = told.catch(() => undefined);
    return told;
  }

  private async tellUntold(): Promise<void> {
    const untold = this.use.takeUntold(new Date());
    try {
      this.use.learn(await this.repository.tell(untold));
    } catch (error) {
      this.use.restore(untold);
      throw error;
    }
  }

  private async tick(): Promise<void> {
    this.ticks += 1;
    try {
      await this.tell();
      if (this.ticks % RELOAD_EVERY === 0) await this.reload();
      if (this.ticks % FORGET_EVERY === 0)
        await this.repository.forgetUseBefore(new Date(Date.now() - KEEP_DAYS * 86_400_000));
    } catch (error) {
      this.logger.warn({ err: error }, 'traffic can not be counted in the database now, it will be tried again');
    }
  }

  private bucketOf(caller: string, allowance: Allowance): TokenBucket {
    const known = this.buckets.get(caller);
    if (known) return known;
    if (this.buckets.size >= MANY_BUCKETS) this.forgetResting();
    const bucket = new TokenBucket(allowance, performance.now());
    this.buckets.set(caller, bucket);
    return bucket;
  }

  private forgetResting(): void {
    const now = new Date();
    for (const [caller, bucket] of this.buckets) {
      const allowance = allowanceFor(this.policies, caller, now);
      if (allowance === undefined || bucket.isFull(allowance, performance.now())) this.buckets.delete(caller);
    }
  }

  private refusal(limit: 'rate' | 'quota', seconds: number): SeraiError {
    this.refusals.inc({ limit });
    const retryAfterSeconds = Math.max(1, Math.ceil(seconds));
    return limit === 'rate'
      ? new SeraiError('ERR_TRAFFIC_TOO_FAST', `You call too often. Come again in ${retryAfterSeconds} s.`, {
          retryAfterSeconds,
        })
      : new SeraiError(
          'ERR_TRAFFIC_QUOTA_SPENT',
          `Your quota for today is spent. Come again in ${retryAfterSeconds} s.`,
          {
            retryAfterSeconds,
          },
        );
  }
}
