import { z } from 'zod';
import type { HttpRoute } from '../http-route.js';
import { instant, keyId, participantUrn, sha256, uuid7 } from '../identifiers.js';
import { ladder } from '../notifications/desk-nudges.js';
import { feedFault, feedFinding } from '../notifications/feed-disputes.js';
import { compactJws } from './compact-jws.js';

/** Most entries in one page of a feed. */
export const MAX_FEED_PAGE = 500;

/** Longest wait of the long-poll form, in seconds. */
export const MAX_FEED_WAIT_SECONDS = 30;

/** Position in a feed: the sequence of the last entry that the reader has, 0 before the first. */
export const feedCursor = z.coerce.number().int().nonnegative();

/**
 * One entry of a participant's feed. Sequences are contiguous from 1. `hash` chains the entries: the SHA-256 of the previous entry's hash (32 bytes; 32 zero
 * bytes before the first) followed by the SHA-256 of the ASCII bytes of `event` (32 bytes).
 */
export const feedEntry = z.object({
  sequence: z.number().int().positive(),
  hash: sha256,
  event: compactJws,
  /** The envelope that caused the event, byte for byte as its sender signed it. */
  cause: compactJws.optional(),
});
export type FeedEntry = z.infer<typeof feedEntry>;

/**
 * Why nothing more of a feed is handed out for now, and since when: the log says nothing (`LOG_AWAY`), what it says is not witnessed any more (`QUORUM_LOST`), or the
 * next entry is not in it yet (`LOG_BEHIND`).
 */
export const feedWithheld = z.object({ reason: z.enum(['LOG_AWAY', 'QUORUM_LOST', 'LOG_BEHIND']), since: instant });
export type FeedWithheld = z.infer<typeof feedWithheld>;

/** A page of a feed. `end` is the newest position at that time that may be read. */
export const feedPage = z.object({
  participant: participantUrn,
  entries: z.array(feedEntry).max(MAX_FEED_PAGE),
  end: z.object({ sequence: z.number().int().nonnegative(), hash: sha256.optional(), at: instant }),
  withheld: feedWithheld.optional(),
});
export type FeedPage = z.infer<typeof feedPage>;

/** Most reports in one answer. */
const MAX_DISPUTES = 200;

/** A participant's report that it was served a feed that does not fit, and what the hub found in its own. */
export const feedDispute = z.object({
  envelopeId: uuid7.meta({ description: 'The signed report' }),
  participant: participantUrn,
  afterSequence: z.number().int().nonnegative().meta({ description: 'Number of the last entry that fitted' }),
  fault: feedFault,
  finding: feedFinding,
  reportedAt: instant,
});
export type FeedDispute = z.infer<typeof feedDispute>;

export const feedDisputeList = z.object({ disputes: z.array(feedDispute).max(MAX_DISPUTES) });
export type FeedDisputeList = z.infer<typeof feedDisputeList>;

/** Why a ladder is set. */
const reason = z.string().trim().min(10).max(500).meta({ description: 'In a sentence, without personal data' });

/** Who is told when nobody opens an urgent leg, at desks that have not said so, from a time on. */
export const communityLadder = z.object({
  ladderId: uuid7,
  effectiveFrom: instant.meta({
    description: 'For legs that are delivered from then on; of those that have begun the latest holds',
  }),
  ladder,
  set: z
    .object({ at: instant, by: keyId.meta({ description: 'Key of the operator' }), reason })
    .optional()
    .meta({ description: 'Absent: it came with the software' }),
});
export type CommunityLadder = z.infer<typeof communityLadder>;

/** An operator's order; sent again under the same id it has the same answer. */
export const newCommunityLadder = z.object({
  ladderId: uuid7,
  effectiveFrom: instant.optional().meta({ description: 'Now, unless given' }),
  ladder,
  reason,
});
export type NewCommunityLadder = z.infer<typeof newCommunityLadder>;

export const communityLadderList = z.object({ ladders: z.array(communityLadder).max(200) });
export type CommunityLadderList = z.infer<typeof communityLadderList>;

export const NOTIFICATIONS_API = {
  readFeed: {
    method: 'GET',
    path: '/v1/feed',
    summary:
      "The caller's own feed after a cursor: a stream of server-sent events, or one page as JSON, by the Accept header.",
    security: 'caller token',
    query: z.object({
      after: feedCursor.optional(),
      limit: z.coerce.number().int().min(1).max(MAX_FEED_PAGE).optional(),
      wait: z.coerce.number().int().min(0).max(MAX_FEED_WAIT_SECONDS).optional(),
    }),
    headers: z.object({ 'last-event-id': feedCursor.optional() }),
    answers: {
      200: {
        description:
          'A page; with `wait`, an empty one only after that many seconds. As a stream: one `entry` per event, its sequence as event id, and a comment line as heartbeat. An entry comes only once its record is in the log; while the stream waits for that, an event `withheld` that says why takes the place of the heartbeat. It ends when the caller token does, and resumes with a fresh one and Last-Event-ID.',
        bodies: { 'application/json': feedPage, 'text/event-stream': feedEntry },
      },
    },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_CALLER_SUSPENDED',
      'ERR_REQUEST_INVALID',
      'ERR_FEED_CURSOR_AHEAD',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
    ],
  },
  listDisputes: {
    method: 'GET',
    path: '/v1/feed-disputes',
    summary: 'The newest reports of participants that their feed does not fit, and what was found.',
    security: 'operator token',
    query: z.object({ limit: z.coerce.number().int().min(1).max(MAX_DISPUTES).optional() }),
    answers: { 200: { description: 'Newest first.', bodies: { 'application/json': feedDisputeList } } },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_REQUEST_INVALID',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
    ],
  },
  listLadders: {
    method: 'GET',
    path: '/v1/ladders',
    summary: 'The ladders of desks that have set none: those that come, the one in force, those that were.',
    security: 'operator token',
    answers: { 200: { description: 'Newest first.', bodies: { 'application/json': communityLadderList } } },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
    ],
  },
  setLadder: {
    method: 'POST',
    path: '/v1/ladders',
    summary: 'Sets the ladder of desks that have set none, for legs that are delivered from then on.',
    notes: 'Ladders are added, never changed. Each keeps who set it and why.',
    security: 'operator token',
    bodies: { 'application/json': newCommunityLadder },
    answers: { 200: { description: 'The ladder as it is kept.', bodies: { 'application/json': communityLadder } } },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_REQUEST_INVALID',
      'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
      'ERR_LADDER_PAST',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
    ],
  },
} as const satisfies Record<string, HttpRoute>;
