import type { FeedEntry } from '#libs/contracts';
import { FEED_GENESIS, feedHash } from '#libs/envelope';
import { FeedBreak } from './feed-break.js';

/** How far the feed has been followed: number and hash of the last entry. */
export interface FeedPosition {
  readonly sequence: number;
  readonly head: string;
}

/** Before the first entry. */
export const FEED_START: FeedPosition = { sequence: 0, head: FEED_GENESIS };

/** The position after an entry, or a {@link FeedBreak}: a feed with a gap, a repeat or a changed byte is never followed further. */
export function followFeed(position: FeedPosition, entry: FeedEntry): FeedPosition {
  if (entry.sequence > position.sequence + 1) throw new FeedBreak('GAP', entry);
  if (entry.sequence <= position.sequence) throw new FeedBreak('REPEAT', entry);
  if (entry.hash !== feedHash(position.head, entry.event)) throw new FeedBreak('CHANGED', entry);
  return { sequence: entry.sequence, head: entry.hash };
}

/** The entries of a page that continue the chain, and what is wrong with the one behind them. */
export function fittingPart(
  from: FeedPosition,
  entries: readonly FeedEntry[],
): { fitting: FeedEntry[]; position: FeedPosition; failure?: FeedBreak } {
  const fitting: FeedEntry[] = [];
  let position = from;
  for (const entry of entries) {
    try {
      position = followFeed(position, entry);
    } catch (error) {
      if (error instanceof FeedBreak) return { fitting, position, failure: error };
      throw error;
    }
    fitting.push(entry);
  }
  return { fitting, position };
}
