import type { FeedEntry } from '#libs/contracts';
import { FEED_GENESIS, feedHash } from '#libs/envelope';
import { SeraiError } from '#libs/errors';

/** How far the feed has been followed: number and hash of the last entry. */
export interface FeedPosition {
  readonly sequence: number;
  readonly head: string;
}

/** Before the first entry. */
export const FEED_START: FeedPosition = { sequence: 0, head: FEED_GENESIS };

/**
 * The position after an entry, or ERR_FEED_BROKEN: a feed with a gap, a repeat or a changed byte is never followed further, because whoever
 * changed one entry may have withheld others.
 */
export function followFeed(position: FeedPosition, entry: FeedEntry): FeedPosition {
  if (entry.sequence > position.sequence + 1) throw broken('gap', position, entry);
  if (entry.sequence <= position.sequence) throw broken('repeat', position, entry);
  if (entry.hash !== feedHash(position.head, entry.event)) throw broken('hash', position, entry);
  return { sequence: entry.sequence, head: entry.hash };
}

function broken(step: 'gap' | 'repeat' | 'hash', position: FeedPosition, entry: FeedEntry): SeraiError {
  return new SeraiError('ERR_FEED_BROKEN', 'The feed has a gap, a repeat or a changed entry.', {
    detail: { step, at: position.sequence, got: entry.sequence },
  });
}
