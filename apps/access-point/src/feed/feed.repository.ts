import type { EntityManager } from 'typeorm';
import { atCommit } from '#libs/persistence';
import { FEED_START, type FeedPosition } from './feed-chain.js';
import type { KnownHere, LegEvent, Quarantined } from './feed-effects.js';

export async function findFeedPosition(manager: EntityManager): Promise<FeedPosition> {
  const [row]: { sequence: string; head: string }[] = await manager.query('select sequence, head from feed_cursor');
  return row ? { sequence: Number(row.sequence), head: row.head } : FEED_START;
}

/**
 * Moves the cursor from one position to the next and holds it until the transaction ends; false when another instance has moved it, or when a backlog
 * waits: its entries come before these.
 *
 * @param withBacklog true for who adds to the backlog
 */
export async function moveFeedCursor(
  tx: EntityManager,
  from: FeedPosition,
  to: FeedPosition,
  withBacklog = false,
): Promise<boolean> {
  const moved: unknown[] = await tx.query(
    `insert into feed_cursor as c (id, sequence, head)
     select 1, $3::bigint, $4::text
      where ($1::bigint = 0 or exists (select from feed_cursor)) and ($5::boolean or not exists (select from feed_backlog))
     on conflict (id) do update set sequence = excluded.sequence, head = excluded.head
       where c.sequence = $1::bigint and c.head = $2::text
     returning id`,
    [from.sequence, from.head, to.sequence, to.head, withBacklog],
  );
  return moved.length === 1;
}

/** What is known of the legs, envelopes and events that a batch names. */
export async function findKnown(
  tx: EntityManager,
  named: { legIds: readonly string[]; envelopeIds: readonly string[]; eventIds: readonly string[] },
): Promise<KnownHere> {
  const rows: { kind: 'leg' | 'message' | 'event' | 'own'; id: string; detail: string | null }[] = await tx.query(
    `select 'leg' as kind, leg_id as id,
            case direction when 'incoming' then requester_participant else addressee_participant end as detail
       from leg where leg_id = any ($1::uuid[])
     union all
     select 'message', envelope_id, null from message where envelope_id = any ($2::uuid[])
     union all
     select 'own', envelope_id, sha256 from outgoing_envelope where envelope_id = any ($2::uuid[])
     union all
     select 'event', event_id, null from received_event where event_id = any ($3::uuid[])`,
    [named.legIds, named.envelopeIds, named.eventIds],
  );
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  return {
    peerOfLeg: new Map(of('leg').map(({ id, detail }) => [id, detail ?? ''])),
    messages: new Set(of('message').map(({ id }) => id)),
    events: new Set(of('event').map(({ id }) => id)),
    ownEnvelopes: new Map(of('own').map(({ id, detail }) => [id, detail ?? ''])),
  };
}

export async function insertReceivedEvents(tx: EntityManager, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length === 0) return;
  await atCommit(tx, 'insert into received_event (event_id) select * from unnest($1::uuid[])', [eventIds]);
}

export async function insertLegEvents(tx: EntityManager, events: readonly LegEvent[]): Promise<void> {
  if (events.length === 0) return;
  await atCommit(
    tx,
    `with kept as (
       insert into leg_event (event_id, leg_id, jws) select * from unnest($1::uuid[], $2::uuid[], $3::text[])
     )
     insert into unproven_envelope select * from unnest($1::uuid[])`,
    [events.map(({ eventId }) => eventId), events.map(({ legId }) => legId), events.map(({ jws }) => jws)],
  );
}

export async function insertQuarantined(tx: EntityManager, entries: readonly Quarantined[]): Promise<void> {
  if (entries.length === 0) return;
  await atCommit(
    tx,
    `insert into quarantined_entry (sequence, code, event_jws, cause_jws, at)
     select g.*, now() from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as g`,
    [
      entries.map(({ sequence }) => sequence),
      entries.map(({ code }) => code),
      entries.map(({ event }) => event),
      entries.map(({ cause }) => cause),
    ],
  );
}

export async function countQuarantined(manager: EntityManager): Promise<number> {
  const [row] = await manager.query('select count(*)::int as count from quarantined_entry');
  return row.count;
}
