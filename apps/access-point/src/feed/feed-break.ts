import type { FeedEntry, FeedFault } from '#libs/contracts';
import { SeraiError } from '#libs/errors';

const SENTENCES: Readonly<Record<FeedFault, string>> = {
  GAP: 'The feed leaves out entries.',
  REPEAT: 'The feed repeats an entry.',
  CHANGED: 'The feed has an entry with other bytes than were signed.',
  MALFORMED: 'The feed has an entry that is none.',
  SHORTENED: 'The hub knows less of the feed than was received: it went back.',
};

/** The feed does not continue what was read: nothing behind this point may have an effect, because whoever changed one entry may have withheld others. */
export class FeedBreak extends SeraiError {
  /** @param met what came instead, where it is an entry */
  constructor(
    readonly fault: FeedFault,
    readonly met?: FeedEntry,
  ) {
    super(fault === 'SHORTENED' ? 'ERR_FEED_CURSOR_AHEAD' : 'ERR_FEED_BROKEN', SENTENCES[fault], {
      detail: { fault, got: met?.sequence },
    });
  }
}
