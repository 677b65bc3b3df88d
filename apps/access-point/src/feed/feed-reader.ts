import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { FeedEntry } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import { linger } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Backoff } from '../hub/backoff.js';
import { findFeedPosition } from './feed.repository.js';
import { FeedBacklog } from './feed-backlog.js';
import { FeedBreak } from './feed-break.js';
import { FEED_START, type FeedPosition, fittingPart } from './feed-chain.js';
import { FeedClient, type ReadPage } from './feed-client.js';
import { FeedDisputes } from './feed-disputes.js';
import { FeedHandler } from './feed-handler.js';

/** After so many failures in a row the feed is read without the directory. */
const DIRECTORY_ATTEMPTS = 5;

const LONG_POLL_SECONDS = 25;
/** More than one transaction takes at once is a backlog. */
const TAKEN_AT_ONCE = 100;

/** Another instance has moved the cursor, or has a backlog: read it again. */
class Overtaken extends Error {}

/**
 * Follows the feed from its stored cursor for ever: as a stream, page by page where streams do not get through. Where the feed does not fit, nothing
 * more of it is taken: the break is reported, and the feed is read again from the last entry that fits until it goes on from there.
 */
@Injectable()
export class FeedReader implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly backoff = new Backoff();
  private running: Promise<void> | undefined;
  private directoryFailures = 0;
  private position = FEED_START;
  private isBroken = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly client: FeedClient,
    private readonly handler: FeedHandler,
    private readonly backlog: FeedBacklog,
    private readonly community: CommunityDirectory,
    private readonly disputes: FeedDisputes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  /** Finishes the batch in hand. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    await this.community.whenLoaded(signal);
    while (!signal.aborted) {
      try {
        await this.community.catchUp();
        await this.readOnce(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.recover(error, signal);
      }
    }
  }

  /**
   * After whatever silence, revocations come before messages: the newest directory is taken before the feed is read. Where only the directory can not be
   * reached for long the feed goes on without: it brings the same changes, and what was signed after a revocation is marked then too.
   */
  private async revokeFirst(): Promise<void> {
    try {
      await this.community.refresh();
      this.directoryFailures = 0;
    } catch (error) {
      this.directoryFailures += 1;
      const isPatient = this.directoryFailures < DIRECTORY_ATTEMPTS;
      if (isPatient || !isSeraiError(error, 'ERR_UPSTREAM_UNAVAILABLE')) throw error;
      this.logger.warn({ err: error }, 'the feed is read before the newest directory is known');
    }
  }

  /** One stream to its end; where it breaks off, one page, so that the feed moves also where streams do not get through. */
  private async readOnce(signal: AbortSignal): Promise<void> {
    await this.revokeFirst();
    await this.catchUp(signal);
    try {
      const { sequence } = await this.findPosition();
      await this.takeAll(this.client.stream(sequence, signal));
    } catch (error) {
      if (!isSeraiError(error, 'ERR_UPSTREAM_UNAVAILABLE') || signal.aborted) throw error;
      await this.revokeFirst();
      const { sequence } = await this.findPosition();
      await this.take(await this.client.page(sequence, signal, LONG_POLL_SECONDS));
    }
    this.backoff.reset();
  }

  /**
   * Takes what has piled up. A few entries take effect as they came; more are first received, all of them, and then take effect in the order of
   * their urgency.
   */
  private async catchUp(signal: AbortSignal): Promise<void> {
    await this.backlog.settle(signal);
    const { sequence: from } = await this.findPosition();
    let page = await this.client.page(from, signal);
    const to = page.end;
    if (to - from <= TAKEN_AT_ONCE) return this.take(page);
    this.logger.info({ from, to }, 'catching up with the feed');
    while (page.entries.length > 0 && !signal.aborted) {
      await this.take(page, (entries) => this.backlog.store(this.position, entries));
      if (this.position.sequence >= to) break;
      page = await this.client.page(this.position.sequence, signal);
    }
    await this.backlog.settle(signal);
    this.logger.info({ from, to: this.position.sequence, head: this.position.head }, 'caught up with the feed');
  }

  private async findPosition(): Promise<FeedPosition> {
    this.position = await findFeedPosition(this.dataSource.manager);
    return this.position;
  }

  private async takeAll(pages: AsyncIterable<FeedEntry[]>): Promise<void> {
    for await (const entries of pages) {
      await this.take({ entries });
      await linger(entries.length);
      this.backoff.reset();
    }
  }

  /** Handles the entries up to the first that does not fit; that one ends the reading. */
  private async take(
    { entries, broken: behindThem }: Pick<ReadPage, 'entries' | 'broken'>,
    handle = (fitting: readonly FeedEntry[]) => this.handler.handle(this.position, fitting),
  ): Promise<void> {
    const { fitting, failure } = fittingPart(this.position, entries);
    const handled = await handle(fitting);
    if (handled === undefined) throw new Overtaken();
    if (this.isBroken && handled.position !== this.position) {
      this.isBroken = false;
      this.logger.warn({ after: this.position.sequence }, 'the feed fits again and goes on');
    }
    this.position = handled.position;
    const broken = handled.broken ?? failure ?? behindThem;
    if (broken) throw broken;
  }

  private async recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof Overtaken) return;
    const failures = this.backoff.count + 1;
    if (error instanceof FeedBreak) await this.report(error);
    else this.logger.warn({ err: error, failures }, 'the feed can not be read, it will be tried again');
    await this.backoff.afterFailure(signal);
  }

  private async report(found: FeedBreak): Promise<void> {
    this.isBroken = true;
    try {
      await this.disputes.report(this.position, found);
    } catch (error) {
      this.logger.error({ err: error, fault: found.fault }, 'a break of the feed could not be reported yet');
    }
  }
}
