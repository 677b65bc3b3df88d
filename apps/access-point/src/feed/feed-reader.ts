import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { FeedEntry } from '#libs/contracts';
import { isSeraiError, type SeraiError } from '#libs/errors';
import { linger } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Backoff } from '../hub/backoff.js';
import { findFeedPosition } from './feed.repository.js';
import { FeedAlarm } from './feed-alarm.js';
import { type FeedPosition, followFeed } from './feed-chain.js';
import { FeedClient } from './feed-client.js';
import { FeedHandler } from './feed-handler.js';

/** After so many failures in a row the feed is read without the directory. */
const DIRECTORY_ATTEMPTS = 5;

/** Another instance has moved the cursor: read it again. */
class Overtaken extends Error {}

/**
 * Follows the feed from its stored cursor for ever: as a stream, page by page where streams do not get through. A chain that does not fit stops it
 * for good and makes the app unready: a person must find out who changed the feed.
 */
@Injectable()
export class FeedReader implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly backoff = new Backoff();
  private running: Promise<void> | undefined;
  private directoryFailures = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly client: FeedClient,
    private readonly handler: FeedHandler,
    private readonly community: CommunityDirectory,
    private readonly alarm: FeedAlarm,
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
    await this.community.whenLoaded();
    while (!signal.aborted && !this.alarm.isRaised) {
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
    try {
      const position = await findFeedPosition(this.dataSource.manager);
      await this.takeAll(position, this.client.stream(position.sequence, signal));
    } catch (error) {
      if (!isSeraiError(error, 'ERR_UPSTREAM_UNAVAILABLE') || signal.aborted) throw error;
      await this.revokeFirst();
      const position = await findFeedPosition(this.dataSource.manager);
      await this.take(position, await this.client.page(position.sequence, signal));
    }
    this.backoff.reset();
  }

  private async takeAll(start: FeedPosition, pages: AsyncIterable<FeedEntry[]>): Promise<void> {
    let position = start;
    for await (const entries of pages) {
      position = await this.take(position, entries);
      await linger(entries.length);
      this.backoff.reset();
    }
  }

  /** Handles the entries up to the first that does not fit the chain; that one ends the reading. */
  private async take(from: FeedPosition, entries: readonly FeedEntry[]): Promise<FeedPosition> {
    const { fitting, position, failure } = fittingPart(from, entries);
    if (fitting.length > 0 && !(await this.handler.handle(from, position, fitting))) throw new Overtaken();
    if (failure) throw failure;
    return position;
  }

  private async recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof Overtaken) return;
    if (isSeraiError(error, 'ERR_FEED_BROKEN', 'ERR_FEED_CURSOR_AHEAD')) {
      this.alarm.raise();
      this.logger.fatal({ err: error }, 'the feed is broken: reading has stopped');
      return;
    }
    this.logger.warn(
      { err: error, failures: this.backoff.count + 1 },
      'the feed can not be read, it will be tried again',
    );
    await this.backoff.afterFailure(signal);
  }
}

/** The entries of a page that continue the chain, and what is wrong with the one behind them. */
export function fittingPart(
  from: FeedPosition,
  entries: readonly FeedEntry[],
): { fitting: FeedEntry[]; position: FeedPosition; failure?: SeraiError } {
  const fitting: FeedEntry[] = [];
  let position = from;
  for (const entry of entries) {
    try {
      position = followFeed(position, entry);
    } catch (error) {
      return { fitting, position, failure: error as SeraiError };
    }
    fitting.push(entry);
  }
  return { fitting, position };
}
