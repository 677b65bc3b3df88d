import { z } from 'zod';
import { audience } from '../cloud-event.js';
import { instant, participantUrn, sha256, uuid7 } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';

/** Subject of every report about a feed. */
export const FEEDS_SUBJECT = '01890000-0000-7000-8000-000000000003';

/** How far a feed was followed: number and hash of the last entry that fits; 0 and 32 zero bytes before the first. */
const feedPosition = z.object({ sequence: z.number().int().nonnegative(), hash: sha256 });

/**
 * What is wrong behind the last entry that fits: numbers are missing (`GAP`), a number comes again (`REPEAT`), an entry, its event or the envelope beside
 * it has other bytes than its hash or signature says (`CHANGED`), it is no entry at all (`MALFORMED`), or the feed ends before it (`SHORTENED`).
 */
export const feedFault = z.enum(['GAP', 'REPEAT', 'CHANGED', 'MALFORMED', 'SHORTENED']);
export type FeedFault = z.infer<typeof feedFault>;

/**
 * What the hub finds in its own feed: it goes on well behind that entry (`INTACT`), its next entry is missing or does not fit either (`DAMAGED`), or it
 * never had that entry there (`FORKED`).
 */
export const feedFinding = z.enum(['INTACT', 'DAMAGED', 'FORKED']);
export type FeedFinding = z.infer<typeof feedFinding>;

export const feedDisputed = defineMessage({
  type: 'serai.notifications.feed.disputed.v1',
  channel: 'notifications.submissions',
  summary:
    'A participant was served a feed that does not continue what it has. It applies nothing behind that point, and reads again from there.',
  header: z.object({
    after: feedPosition,
    fault: feedFault,
    /** What came instead; absent where nothing came that is an entry. `event` is the SHA-256 of its bytes. */
    met: z.object({ sequence: z.number().int().positive(), hash: sha256, event: sha256 }).optional(),
    metAt: instant,
  }),
});

export const feedDisputeAnswered = defineMessage({
  type: 'serai.notifications.feed.dispute-answered.v1',
  channel: 'notifications.events',
  summary: 'The hub has held a report against its own feed, which it serves again from the last entry that fitted.',
  header: z.object({
    audience,
    envelope: z.object({ id: uuid7, type: z.string(), source: participantUrn, sha256 }),
    answeredAt: instant,
    after: feedPosition,
    finding: feedFinding,
  }),
});
