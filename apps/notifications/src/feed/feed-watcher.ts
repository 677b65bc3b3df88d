import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CommitListener } from '#libs/messaging';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { FEED_GROWN, FeedRepository } from './feed.repository.js';
import type { FeedEnd } from './feed-growth.js';
import { RecentEntries } from './recent-entries.js';

interface Waiter {
  readonly participant: string;
  readonly after: number;
  readonly wake: (grown: boolean) => void;
}

/** A process that dies between commit and announcement tells nobody. */
const POLL_MS = 1_000;

/** Wakes readers whose feed grew, whichever instance it grew in: commits tell where feeds end, one query for all readers where that may have been missed. */
@Injectable()
export class FeedWatcher implements OnModuleInit, OnModuleDestroy {
  private readonly waiting = new Set<Waiter>();
  /** Where feeds end, as commits and looks told; empty once one may have grown unheard. */
  private readonly ends = new Map<string, number>();
  private readonly listener: CommitListener;
  private readonly poll: PeriodicWork;
  private looking = false;
  private lookAgain = false;

  constructor(
    dataSource: DataSource,
    private readonly feeds: FeedRepository,
    private readonly recent: RecentEntries,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const wake = (payload: string) => this.hear(payload);
    this.listener = new CommitListener({ dataSource, channel: FEED_GROWN, wake, logger });
    const failure = 'cannot look for what was not announced, it will be tried again';
    this.poll = new PeriodicWork({ everyMs: POLL_MS, work: () => this.lookAtAll(), failure, logger });
  }

  onModuleInit(): void {
    this.listener.start();
    this.poll.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.poll.stop();
    for (const waiter of this.waiting) waiter.wake(false);
    await this.listener.stop();
  }

  /** True once the feed has grown beyond `after`; false after `waitMs`, or when `signal` aborts. */
  async growth(participant: string, after: number, waitMs: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { participant, after, wake: resolve };
    const giveUp = () => resolve(false);
    const timer = setTimeout(giveUp, waitMs);
    signal.addEventListener('abort', giveUp, { once: true });
    this.waiting.add(waiter);
    // It may have grown between the reader's last query and this line.
    const end = this.ends.get(participant);
    if (end === undefined) this.lookAnew();
    else if (end > after) resolve(true);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      this.waiting.delete(waiter);
    }
  }

  /** A feed was said to have grown, and has not. */
  distrust(participant: string): void {
    this.ends.delete(participant);
  }

  private hear(payload: string): void {
    if (payload === '') {
      void this.lookAtAll();
      return;
    }
    for (const end of JSON.parse(payload) as FeedEnd[]) {
      this.recent.confirm(end);
      this.reached(end);
    }
  }

  private reached({ participant, sequence }: Pick<FeedEnd, 'participant' | 'sequence'>): void {
    this.ends.set(participant, Math.max(sequence, this.ends.get(participant) ?? 0));
    for (const waiter of this.waiting) {
      if (waiter.participant === participant && waiter.after < sequence) waiter.wake(true);
    }
  }

  private async lookAtAll(): Promise<void> {
    this.ends.clear();
    this.lookAgain = true;
    await this.look();
  }

  private lookAnew(): void {
    this.lookAgain = true;
    void this.look();
  }

  /** One look at a time; what happens meanwhile makes one more look. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      while (this.lookAgain && this.waiting.size > 0) {
        this.lookAgain = false;
        await this.wakeGrown();
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'cannot look for new feed entries; readers look again by themselves');
    } finally {
      this.looking = false;
    }
  }

  private async wakeGrown(): Promise<void> {
    const participants = [...new Set([...this.waiting].map(({ participant }) => participant))];
    const ends = new Map((await this.feeds.ends(participants)).map((end) => [end.participant, end.sequence]));
    // What was found may be older than what was missed meanwhile.
    if (this.lookAgain) return;
    for (const participant of participants) this.reached({ participant, sequence: ends.get(participant) ?? 0 });
  }
}
