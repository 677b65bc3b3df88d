import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CommitListener, KafkaBatchStrategy } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { LegRepository, TIMERS_SET } from '../leg/leg.repository.js';
import { Clock } from './clock.js';
import { DeadlineService } from './deadline.service.js';

/** How often to look without being woken: notifications may be lost with a connection. */
const POLL_MS = 5_000;
/** A due leg that somebody is working on is looked at again this soon, and a database that is away. */
const RETRY_MS = 100;

/** Sleeps until the next timer is due, or one is set, and has it fired. Several instances may run: a leg is claimed by one of them. */
@Injectable()
export class TimerScheduler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly listener: CommitListener;
  private readonly stopping = new AbortController();
  private alarm = Promise.withResolvers<void>();
  private running: Promise<void> | undefined;
  /** While it sleeps. */
  private nextLookAt: Date | undefined;

  constructor(
    dataSource: DataSource,
    private readonly consumer: KafkaBatchStrategy,
    private readonly deadlines: DeadlineService,
    private readonly legs: LegRepository,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const wake = (firstDueAt: string) => this.hear(firstDueAt);
    this.listener = new CommitListener({ dataSource, channel: TIMERS_SET, wake, logger });
    this.stopping.signal.addEventListener('abort', () => this.alarm.resolve());
  }

  onApplicationBootstrap(): void {
    this.running ??= this.run();
  }

  /** Finishes the transaction under way. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.running, this.listener.stop()]);
  }

  private async run(): Promise<void> {
    // A submission that waits since an outage may have stopped the clock in time: nothing fires before it is handled.
    await Promise.race([this.consumer.caughtUp(), this.alarm.promise]);
    const { signal } = this.stopping;
    if (!signal.aborted) this.listener.start();
    while (!signal.aborted) await this.sleep(await this.turn());
  }

  /** Fires what is due and says after how many milliseconds to look again. */
  private async turn(): Promise<number> {
    try {
      const next = await this.nextAfterFiring();
      if (next === undefined) return POLL_MS;
      // One more: at its very instant a timer has not passed yet.
      const wait = next.getTime() - this.clock.now().getTime() + 1;
      return Math.min(POLL_MS, Math.max(RETRY_MS, wait));
    } catch (error) {
      this.logger.warn({ err: error }, 'timers will be looked at again');
      return RETRY_MS;
    }
  }

  /** When the next timer is due, once those that are due by now have fired. */
  private async nextAfterFiring(): Promise<Date | undefined> {
    const now = this.clock.now();
    const next = await this.legs.nextDueAt();
    if (next === undefined || next >= now) return next;
    await this.deadlines.fireDue(now);
    return this.legs.nextDueAt();
  }

  /** A timer that is due later than the next look waits for that one; an empty text says that some may have been missed. */
  private hear(firstDueAt: string): void {
    const isLater = this.nextLookAt !== undefined && new Date(firstDueAt) > this.nextLookAt;
    if (!isLater) this.alarm.resolve();
  }

  private async sleep(ms: number): Promise<void> {
    this.nextLookAt = new Date(this.clock.now().getTime() + ms);
    const timer = setTimeout(() => this.alarm.resolve(), ms);
    await this.alarm.promise;
    clearTimeout(timer);
    this.nextLookAt = undefined;
    if (!this.stopping.signal.aborted) this.alarm = Promise.withResolvers<void>();
  }
}
