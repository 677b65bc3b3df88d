import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type FeedEntry, type FeedPage, MAX_FEED_PAGE } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { linger } from '#libs/messaging';
import { FeedRepository } from './feed.repository.js';
import { FeedWatcher } from './feed-watcher.js';
import { RecentEntries } from './recent-entries.js';

/** A stream says at least this often that it lives. */
const HEARTBEAT_MS = 15_000;

/** Reads feeds for their participants, as pages or as an endless sequence of pages. */
@Injectable()
export class FeedReader implements OnModuleDestroy {
  private readonly closing = new AbortController();

  constructor(
    private readonly feeds: FeedRepository,
    private readonly watcher: FeedWatcher,
    private readonly recent: RecentEntries,
  ) {}

  /** Streams and long polls end before the server closes: it would wait for them. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  /**
   * The entries after a position; when there are none, waits for one for up to `waitMs`.
   *
   * @throws SeraiError ERR_FEED_CURSOR_AHEAD
   */
  async page(
    participant: string,
    after: number,
    limit: number,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<FeedPage> {
    await this.assertNotAhead(participant, after);
    let entries = await this.feeds.entriesAfter(participant, after, limit);
    if (entries.length === 0 && waitMs > 0) {
      await this.watcher.growth(participant, after, waitMs, this.until(signal));
      entries = await this.feeds.entriesAfter(participant, after, limit);
    }
    const end = await this.feeds.end(participant);
    return {
      participant,
      entries,
      end: {
        sequence: end.sequence,
        ...(end.sequence > 0 ? { hash: end.hash } : {}),
        at: new Date().toISOString(),
      },
    };
  }

  /** Refuses a position beyond the end: whoever has it has seen another feed, or this one has lost its tail. */
  async assertNotAhead(participant: string, after: number): Promise<void> {
    const { sequence } = await this.feeds.end(participant);
    if (after <= sequence) return;
    throw new SeraiError('ERR_FEED_CURSOR_AHEAD', `Your cursor is beyond the end of your feed, which is ${sequence}.`, {
      detail: { after, sequence },
    });
  }

  /** Everything after a position, in pages, until `signal` aborts; an empty page is a heartbeat. */
  async *follow(participant: string, after: number, signal: AbortSignal): AsyncGenerator<readonly FeedEntry[]> {
    const until = this.until(signal);
    let position = after;
    while (!until.aborted) {
      const hasGrown = await this.watcher.growth(participant, position, HEARTBEAT_MS, until);
      const entries = hasGrown ? await this.next(participant, position) : [];
      if (entries.length > 0 || !hasGrown) yield entries;
      else this.watcher.distrust(participant);
      position = entries.at(-1)?.sequence ?? position;
      await linger(entries.length);
    }
  }

  /** From memory, where this process wrote them a moment ago. */
  private async next(participant: string, position: number): Promise<readonly FeedEntry[]> {
    return this.recent.after(participant, position) ?? this.feeds.entriesAfter(participant, position, MAX_FEED_PAGE);
  }

  private until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.closing.signal]);
  }
}
