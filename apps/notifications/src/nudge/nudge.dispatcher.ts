import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CommitListener } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Clock } from '../clock.js';
import { NudgePlanner } from './nudge.planner.js';
import { NudgeService } from './nudge.service.js';
import { type ClaimedNudge, TargetRepository } from './target.repository.js';
import { NUDGES_SET } from './waiting.repository.js';

/** How often to look without being woken: notifications may be lost with a connection. */
const POLL_MS = 5_000;
/** After a failure of the database, and the shortest pause between two looks. */
const RETRY_MS = 100;

/** Nudges under way at once, and of them those to contacts that failed last time: dead contacts never take the others' places. */
const SLOTS = { all: 16, failing: 6 };

/** Sleeps until somebody is due, or something begins to wait, and has it sent. Several instances may run: a contact is leased by one of them. */
@Injectable()
export class NudgeDispatcher implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly listener: CommitListener;
  private readonly stopping = new AbortController();
  private readonly underWay = new Map<Promise<void>, ClaimedNudge>();
  private alarm = Promise.withResolvers<void>();
  private running: Promise<void> | undefined;

  constructor(
    dataSource: DataSource,
    private readonly planner: NudgePlanner,
    private readonly nudges: NudgeService,
    private readonly targets: TargetRepository,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const wake = () => this.alarm.resolve();
    this.listener = new CommitListener({ dataSource, channel: NUDGES_SET, wake, logger });
    this.stopping.signal.addEventListener('abort', wake);
  }

  onApplicationBootstrap(): void {
    this.listener.start();
    this.running ??= this.run();
  }

  /** Finishes the nudges under way, each within its timeout. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.running, this.listener.stop()]);
    await Promise.all(this.underWay.keys());
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([this.planner.ready(), stopped]);
    while (!signal.aborted) await this.sleep(await this.turn());
  }

  /** Plans and sends what is due, and says after how many milliseconds to look again. */
  private async turn(): Promise<number> {
    try {
      const now = this.clock.now();
      await this.planner.planAll(now);
      for (const nudge of await this.planner.claim(now, this.freeSlots())) this.start(nudge);
      const next = await this.targets.nextDueAt();
      const wait = next === undefined ? POLL_MS : next.getTime() - this.clock.now().getTime();
      return Math.min(POLL_MS, Math.max(RETRY_MS, wait));
    } catch (error) {
      this.logger.warn({ err: error }, 'nudges will be looked at again');
      return RETRY_MS;
    }
  }

  private freeSlots() {
    const failing = [...this.underWay.values()].filter(({ failures }) => failures > 0).length;
    const working = this.underWay.size - failing;
    return { working: SLOTS.all - SLOTS.failing - working, failing: SLOTS.failing - failing };
  }

  private start(nudge: ClaimedNudge): void {
    const sending = this.nudges
      .send(nudge)
      .catch((error: unknown) => this.logger.warn({ err: error, nudge: nudge.id }, 'a nudge will be sent again'))
      .then(() => {
        this.underWay.delete(sending);
        this.alarm.resolve();
      });
    this.underWay.set(sending, nudge);
  }

  private async sleep(ms: number): Promise<void> {
    const timer = setTimeout(() => this.alarm.resolve(), ms);
    await this.alarm.promise;
    clearTimeout(timer);
    if (!this.stopping.signal.aborted) this.alarm = Promise.withResolvers<void>();
  }
}
