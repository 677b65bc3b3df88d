import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type FeedEntry, type FeedPage, type FeedWithheld, MAX_FEED_PAGE } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { linger } from '#libs/messaging';
import { type DisclosedPart, disclosedPart } from '../disclosure/disclosed-part.js';
import type { LogOutage } from '../disclosure/known-log.js';
import { LogProgress } from '../disclosure/log-progress.js';
import { FeedRepository } from './feed.repository.js';
import type { WrittenEntry } from './feed-growth.js';
import { FeedWatcher } from './feed-watcher.js';
import { RecentEntries } from './recent-entries.js';

/** What a stream brings: entries, or why there are none. */
export type FeedNews = FeedEntry | FeedWithheld;

/** A stream says at least this often that it lives. */
const HEARTBEAT_MS = 15_000;

/** Reads feeds for their participants, as pages or as an endless sequence of pages, as far as the log has come. */
@Injectable()
export class FeedReader implements OnModuleDestroy {
  private readonly closing = new AbortController();

  constructor(
    private readonly feeds: FeedRepository,
    private readonly watcher: FeedWatcher,
    private readonly recent: RecentEntries,
    private readonly progress: LogProgress,
  ) {}

  /** Streams and long polls end before the server closes: it would wait for them. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  /**
   * The entries after a position that may be read; when there are none, waits for one for up to `waitMs`.
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
    const until = AbortSignal.any([this.until(signal), AbortSignal.timeout(waitMs)]);
    let written = await this.feeds.entriesAfter(participant, after, limit);
    if (written.length === 0 && waitMs > 0) {
      await this.watcher.growth(participant, after, waitMs, until);
      written = await this.feeds.entriesAfter(participant, after, limit);
    }
    const { entries, withheld } = await this.awaited(written, waitMs, until);
    const end = await this.feeds.disclosedEnd(participant, this.progress.positions());
    return {
      participant,
      entries: [...entries],
      end: {
        sequence: end.sequence,
        ...(end.sequence > 0 ? { hash: end.hash } : {}),
        at: new Date().toISOString(),
      },
      ...(withheld ? { withheld } : {}),
    };
  }

  /**
   * Refuses a position beyond the end: whoever has it has seen another feed, or this one has lost its tail. One beyond what is in the log is good: the log may have been
   * put back to an earlier state.
   */
  async assertNotAhead(participant: string, after: number): Promise<void> {
    const { sequence } = await this.feeds.end(participant);
    if (after <= sequence) return;
    throw new SeraiError('ERR_FEED_CURSOR_AHEAD', 'Your cursor is beyond the end of your feed.', {
      detail: { after, sequence },
    });
  }

  /**
   * Everything after a position, in pages, until `signal` aborts. An empty page is a heartbeat; while the feed waits for the log, a page says that alone.
   */
  async *follow(participant: string, after: number, signal: AbortSignal): AsyncGenerator<readonly FeedNews[]> {
    const until = this.until(signal);
    let position = after;
    let written: readonly WrittenEntry[] = [];
    let told: FeedWithheld['reason'] | undefined;
    while (!until.aborted) {
      if (written.length === 0) written = await this.grown(participant, position, until);
      if (written[0]) await this.progress.news(written[0].place, outageOf(told), HEARTBEAT_MS, until);
      const { entries, withheld } = disclosedPart(written, this.progress);
      yield entries.length === 0 && withheld ? [withheld] : entries;
      told = withheld?.reason;
      written = written.slice(entries.length);
      position = entries.at(-1)?.sequence ?? position;
      await linger(entries.length);
    }
  }

  /** What may be handed out of some entries, once that is anything or the time is over. */
  private async awaited(written: readonly WrittenEntry[], waitMs: number, until: AbortSignal): Promise<DisclosedPart> {
    for (;;) {
      const part = disclosedPart(written, this.progress);
      if (part.entries.length > 0 || !written[0] || waitMs === 0 || until.aborted) return part;
      await this.progress.news(written[0].place, outageOf(part.withheld?.reason), waitMs, until);
    }
  }

  /** Entries behind a position, waiting for one as long as a stream may be silent. */
  private async grown(participant: string, position: number, until: AbortSignal): Promise<readonly WrittenEntry[]> {
    while (await this.watcher.growth(participant, position, HEARTBEAT_MS, until)) {
      const written = await this.next(participant, position);
      if (written.length > 0) return written;
      this.watcher.distrust(participant);
    }
    return [];
  }

  /** From memory, where this process wrote them a moment ago. */
  private async next(participant: string, position: number): Promise<readonly WrittenEntry[]> {
    return this.recent.after(participant, position) ?? this.feeds.entriesAfter(participant, position, MAX_FEED_PAGE);
  }

  private until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.closing.signal]);
  }
}

/** What a reader knows about the log as a whole. */
function outageOf(told: FeedWithheld['reason'] | undefined): LogOutage['reason'] | undefined {
  return told === 'LOG_BEHIND' ? undefined : told;
}
