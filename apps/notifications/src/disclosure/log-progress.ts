import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { type Logger, type Metrics, PeriodicWork } from '#libs/telemetry';
import { type DisclosureSettings, KnownLog, type LogOutage, type LogStatement, type Moment } from './known-log.js';
import type { RecordPlace } from './record-place.js';

interface Waiter {
  readonly place: RecordPlace | undefined;
  readonly told: LogOutage['reason'] | undefined;
  readonly wake: () => void;
}

/** Silence makes itself known by nothing else. */
const LOOK_MS = 1_000;

/** In seconds. */
const WAITS = [0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1, 5];

const REASONS: readonly LogOutage['reason'][] = ['LOG_AWAY', 'QUORUM_LOST'];

/** How far the log is, as far as this process knows, and who waits for it. */
export class LogProgress implements OnModuleInit, OnModuleDestroy {
  private readonly known: KnownLog;
  private readonly waiting = new Set<Waiter>();
  private readonly watch: PeriodicWork;
  private readonly refusals;
  private readonly waits;
  /** At the start nobody knows of a log. */
  private shown: LogOutage['reason'] | undefined = 'LOG_AWAY';

  constructor(
    settings: DisclosureSettings,
    metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.known = new KnownLog(settings, now());
    const failure = 'cannot look whether the log is there';
    this.watch = new PeriodicWork({ everyMs: LOOK_MS, work: async () => this.look(), failure, logger });
    metrics.gauge(
      {
        name: 'serai_notifications_withheld',
        help: '1 while no feed goes on because the log says nothing, or is not witnessed any more, by reason.',
        labelNames: ['reason'],
      },
      (gauge) => {
        const reason = this.outage?.reason;
        for (const each of REASONS) gauge.set({ reason: each }, each === reason ? 1 : 0);
      },
    );
    this.refusals = metrics.counter({
      name: 'serai_notifications_log_statements_refused_total',
      help: 'Statements about the log that its service did not sign, or that are of another log.',
    });
    const help = 'How long an entry that could have been handed out otherwise waited until its record was in the log.';
    this.waits = metrics.histogram({ name: 'serai_notifications_log_wait_seconds', help }, WAITS);
  }

  onModuleInit(): void {
    this.watch.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.watch.stop();
  }

  /** Why nothing at all is handed out; undefined while what is in the log may be. */
  get outage(): LogOutage | undefined {
    return this.known.outageAt(performance.now());
  }

  /** Whether a record may be handed out, as far as it alone goes; without a place it was written before anybody waited for the log. */
  holds(place: RecordPlace | undefined): boolean {
    return place === undefined || this.known.holds(place);
  }

  /** See {@link KnownLog.positions}. */
  positions(): RecordPlace[] {
    return this.known.positions();
  }

  /**
   * Resolves once a record may be handed out, or something else can be said of the log than was told; after `waitMs`, or when `signal` aborts.
   *
   * @param told the outage that the reader knows of
   */
  async news(
    place: RecordPlace | undefined,
    told: LogOutage['reason'] | undefined,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const begun = performance.now();
    if (!signal.aborted && !this.isNews({ place, told })) await this.wait({ place, told }, waitMs, signal);
    if (this.holds(place)) this.waits.observe((performance.now() - begun) / 1_000);
  }

  private async wait(what: Omit<Waiter, 'wake'>, waitMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { ...what, wake: resolve };
    const timer = setTimeout(resolve, waitMs);
    const giveUp = () => resolve();
    signal.addEventListener('abort', giveUp, { once: true });
    this.waiting.add(waiter);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      this.waiting.delete(waiter);
    }
  }

  take(statement: LogStatement): void {
    const isTaken = this.known.take(statement, now());
    this.look();
    if (!isTaken) this.logger.debug({ size: statement.size }, 'the log has stated fewer leaves than before');
  }

  /** A statement was not believed. */
  refused(): void {
    this.refusals.inc();
  }

  private isNews({ place, told }: Omit<Waiter, 'wake'>): boolean {
    const reason = this.outage?.reason;
    return reason !== told || (reason === undefined && this.holds(place));
  }

  private look(): void {
    this.show(this.outage);
    for (const waiter of this.waiting) if (this.isNews(waiter)) waiter.wake();
  }

  private show(outage: LogOutage | undefined): void {
    if (outage?.reason === this.shown) return;
    this.shown = outage?.reason;
    if (outage === undefined) this.logger.info('the log speaks and is witnessed: feeds go on');
    else this.logger.error(outage, 'nothing is handed out: the log is away, or not witnessed any more');
  }
}

function now(): Moment {
  return { monotonicMs: performance.now(), date: new Date() };
}
