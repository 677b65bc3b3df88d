import type { FeedEntry } from '#libs/contracts';
import { feedHash } from '#libs/envelope';
import type { RecordPlace } from '../disclosure/record-place.js';

/** End of one feed. */
export interface FeedEnd {
  readonly participant: string;
  readonly sequence: number;
  readonly hash: string;
}

/** An event and the feeds it belongs on. */
export interface AddressedEvent {
  readonly id: string;
  readonly event: string;
  readonly cause: string | undefined;
  readonly place: RecordPlace;
  readonly participants: readonly string[];
}

/** An entry as it is written, which is earlier than it may be handed out. */
export interface WrittenEntry {
  readonly entry: FeedEntry;
  readonly eventId: string;
  /** Of its event's record; undefined for one that was written before anybody waited for the log. */
  readonly place: RecordPlace | undefined;
}

/** A new position of a feed. */
export interface GrownEntry extends FeedEnd {
  readonly eventId: string;
}

/** What a batch of events adds to the feeds, and where each of them ends then. */
export interface FeedGrowth {
  readonly entries: readonly GrownEntry[];
  readonly ends: readonly FeedEnd[];
}

/**
 * Appends events, in their order, to the feeds that they belong on: contiguous sequences, chained hashes.
 *
 * @param ends the locked end of every feed that an event names
 */
export function growFeeds(ends: readonly FeedEnd[], events: readonly AddressedEvent[]): FeedGrowth {
  const current = new Map(ends.map((end) => [end.participant, end]));
  const entries: GrownEntry[] = [];
  for (const { id, event, participants } of events) {
    for (const participant of participants) {
      const end = current.get(participant);
      if (end === undefined) throw new Error(`the feed of ${participant} is not locked`);
      const grown = { participant, sequence: end.sequence + 1, hash: feedHash(end.hash, event) };
      current.set(participant, grown);
      entries.push({ ...grown, eventId: id });
    }
  }
  return { entries, ends: [...current.values()] };
}
