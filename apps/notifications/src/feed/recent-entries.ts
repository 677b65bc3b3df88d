import { Injectable } from '@nestjs/common';
import type { AddressedEvent, FeedEnd, FeedGrowth, WrittenEntry } from './feed-growth.js';

/** Characters of a feed's newest entries that are remembered; one entry always. */
const MOST_CHARACTERS = 262_144;
/** Growth of which no commit has told; a transaction that failed leaves it behind. */
const MOST_OFFERED = 1_000;

/**
 * The newest entries of feeds that this process wrote itself, for readers who wait for them. An entry is given out once a commit has told that its feed ends with
 * exactly this number and hash: the hash stands for the whole feed up to there, so nothing that was rolled back, or numbered otherwise by another instance, gets out.
 */
@Injectable()
export class RecentEntries {
  private readonly offered = new Map<string, readonly WrittenEntry[]>();
  private readonly feeds = new Map<string, WrittenEntry[]>();

  /** Takes what a transaction is about to write. */
  offer(events: readonly AddressedEvent[], { entries, ends }: FeedGrowth): void {
    const written = new Map(
      events.map(({ id, event, cause, place }) => [
        id,
        { text: cause === undefined ? { event } : { event, cause }, place },
      ]),
    );
    const ofFeed = Map.groupBy(entries, ({ participant }) => participant);
    for (const end of ends) {
      const grown = ofFeed.get(end.participant) ?? [];
      this.offered.set(
        keyOf(end),
        grown.map(({ sequence, hash, eventId }) => {
          const { text, place } = written.get(eventId)!;
          return { entry: { sequence, hash, ...text }, eventId, place };
        }),
      );
    }
    for (const key of this.offered.keys()) {
      if (this.offered.size <= MOST_OFFERED) break;
      this.offered.delete(key);
    }
  }

  /** A transaction has committed that let a feed end there. */
  confirm(end: FeedEnd): void {
    const key = keyOf(end);
    const grown = this.offered.get(key);
    this.offered.delete(key);
    if (!grown?.[0]) return;
    const feed = this.feeds.get(end.participant);
    const isNext = feed?.at(-1)?.entry.sequence === grown[0].entry.sequence - 1;
    this.feeds.set(end.participant, newest(isNext ? [...feed!, ...grown] : grown));
  }

  /** Entries behind a position, up to the last that was confirmed; undefined when they are not all remembered. */
  after(participant: string, position: number): readonly WrittenEntry[] | undefined {
    const feed = this.feeds.get(participant);
    const first = feed?.[0]?.entry.sequence;
    if (feed === undefined || first === undefined || position + 1 < first) return undefined;
    const entries = feed.slice(position + 1 - first);
    return entries.length === 0 ? undefined : entries;
  }
}

function keyOf({ participant, sequence, hash }: FeedEnd): string {
  return `${participant} ${sequence} ${hash}`;
}

function newest(entries: readonly WrittenEntry[]): WrittenEntry[] {
  let characters = 0;
  const tooMany = entries.findLastIndex(({ entry: { event, cause = '' } }, index) => {
    characters += event.length + cause.length;
    return characters > MOST_CHARACTERS && index < entries.length - 1;
  });
  return entries.slice(tooMany + 1);
}
