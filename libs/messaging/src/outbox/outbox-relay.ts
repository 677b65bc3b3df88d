import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { CommitListener } from '../commit-listener.js';
import type { FreshRows } from '../fresh-rows.js';
import { linger } from '../linger.js';
import { errorFields, type MessagingLogger } from '../logger.js';
import type { RecordProducer } from '../records.js';
import { freshRecordsOf, type UnsentRecord } from './fresh-records.js';
import { becomeRelay, exchangeOutboxRecords, outboxChannel, resignAsRelay } from './outbox.repository.js';

export interface OutboxRelayOptions {
  readonly dataSource: DataSource;
  readonly producer: RecordProducer;
  readonly logger: MessagingLogger;
  /** How often to look without being woken, and how often to offer to take over; 1000 ms when left out. */
  readonly pollMs?: number;
}

const MOST_RECORDS_AT_ONCE = 500;
/** As many that were sent wait at most to be forgotten. */
const MOST_SENT = 500;
const LONGEST_BACKOFF_MS = 5_000;
/** What was sent may stay in the table for this long: a relay that takes over meanwhile sends it again. */
const FORGET_WITHIN_MS = 1_000;

/**
 * Produces what transactions put into the {@link Outbox}, in order, and deletes what the broker acknowledged. What this process has just committed is taken from
 * memory, as long as nothing lies between it and what was sent before; all else from the table. Instances of a service stand by for
 * each other: a session advisory lock lets one work. A relay that dies between send and delete leads to duplicates, which inboxes drop.
 */
export class OutboxRelay {
  private readonly listener: CommitListener;
  private readonly fresh: FreshRows<UnsentRecord>;
  private readonly pollMs: number;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private work = Promise.withResolvers<void>();
  private failures = 0;

  constructor(private readonly options: OutboxRelayOptions) {
    this.pollMs = options.pollMs ?? 1_000;
    this.fresh = freshRecordsOf(options.dataSource);
    this.listener = new CommitListener({
      dataSource: options.dataSource,
      channel: outboxChannel(options.dataSource),
      wake: (origin) => this.wake(origin),
      logger: options.logger,
    });
  }

  /** Resolves at once; relaying begins in the background and survives outages of database and broker. */
  start(): void {
    this.listener.start();
    this.running ??= this.run();
  }

  /** Finishes the send under way, then stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.work.resolve();
    await Promise.all([this.running, this.listener.stop()]);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.relayWhileLeading();
      const delay = this.failures === 0 ? this.pollMs : Math.min(LONGEST_BACKOFF_MS, 50 * 2 ** this.failures);
      await pause(delay, undefined, { signal }).catch(() => undefined);
    }
  }

  private async relayWhileLeading(): Promise<void> {
    const session = this.options.dataSource.createQueryRunner();
    try {
      if (!(await becomeRelay(session))) return;
      await this.relay(session);
      await resignAsRelay(session);
    } catch (error) {
      this.failures += 1;
      this.options.logger.warn({ failures: this.failures, ...errorFields(error) }, 'the outbox relay will try again');
      await resignAsRelay(session).catch(() => undefined);
    } finally {
      this.fresh.leave();
      await session.release();
    }
  }

  /** Sends until stopped; leaves by an error when database or broker are away. */
  private async relay(session: QueryRunner): Promise<void> {
    const sent: string[] = [];
    let lookedAt = Number.NEGATIVE_INFINITY;
    this.fresh.follow();
    while (!this.stopping.signal.aborted) {
      const isForgettingDue = sent.length >= MOST_SENT || performance.now() - lookedAt >= FORGET_WITHIN_MS;
      let unsent = this.fresh.take();
      if (unsent === undefined || isForgettingDue) {
        unsent = await exchangeOutboxRecords(session, sent.splice(0), MOST_RECORDS_AT_ONCE);
        lookedAt = performance.now();
      }
      await this.send(session, unsent, sent);
      this.fresh.had(unsent);
      this.failures = 0;
      const sentAt = performance.now();
      // What was sent is forgotten with the next look.
      const longest = sent.length === 0 ? this.pollMs : Math.min(this.pollMs, FORGET_WITHIN_MS);
      if (unsent.length < MOST_RECORDS_AT_ONCE) await this.untilWoken(longest);
      await linger(unsent.length, sentAt);
    }
    await exchangeOutboxRecords(session, sent, 0);
  }

  /** Adds the ids of what was sent to `sent`. After a failure all those are forgotten at once, and the failure is the caller's. */
  private async send(session: QueryRunner, unsent: readonly UnsentRecord[], sent: string[]): Promise<void> {
    const outcomes = await Promise.allSettled(unsent.map((record) => this.options.producer.send(record)));
    sent.push(...unsent.filter((_, index) => outcomes[index]!.status === 'fulfilled').map(({ id }) => id));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (!failure) return;
    await exchangeOutboxRecords(session, sent, 0);
    throw failure.reason;
  }

  private wake(origin: string): void {
    this.fresh.announced(origin);
    this.work.resolve();
  }

  private async untilWoken(longestMs: number): Promise<void> {
    const timer = setTimeout(() => this.work.resolve(), longestMs);
    await this.work.promise;
    clearTimeout(timer);
    this.work = Promise.withResolvers<void>();
  }
}
