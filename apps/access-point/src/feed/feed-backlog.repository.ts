import type { EntityManager } from 'typeorm';
import type { FeedEntry } from '#libs/contracts';
import type { Turn } from './catch-up-turn.js';

/** A batch ends with the entry that takes it past this: it is held in memory. */
const BATCH_BYTES = 4 * 1_048_576;

/** An entry that waits for its turn. */
export interface WaitingEntry {
  readonly entry: FeedEntry;
  readonly turn: Turn;
  readonly subject: string | undefined;
}

export async function insertWaiting(tx: EntityManager, waiting: readonly WaitingEntry[]): Promise<void> {
  await tx.query(
    `insert into feed_backlog (sequence, hash, event_jws, cause_jws, turn, subject)
     select g.* from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::text[]) as g`,
    [
      waiting.map(({ entry }) => entry.sequence),
      waiting.map(({ entry }) => entry.hash),
      waiting.map(({ entry }) => entry.event),
      waiting.map(({ entry }) => entry.cause),
      waiting.map(({ turn }) => turn),
      waiting.map(({ entry, subject }) => subject ?? String(entry.sequence)),
    ],
  );
}

/**
 * The entries whose turn it is, in the order of the feed. An entry takes the turn of the most pressing one behind it on the same subject, so that a
 * subject keeps its order: a withdrawn request comes with its withdrawal.
 */
export async function findNextWaiting(manager: EntityManager, limit: number): Promise<FeedEntry[]> {
  const rows: { sequence: string; hash: string; event: string; cause: string | null }[] = await manager.query(
    `with pressing as (
       select sequence, min(turn) over (partition by subject order by sequence
                                        rows between current row and unbounded following) as turn
         from feed_backlog
     ), next as (
       select sequence from pressing where turn = (select min(turn) from feed_backlog) order by sequence limit $1
     )
     select sequence, hash, event, cause
       from (select b.sequence, b.hash, b.event_jws as event, b.cause_jws as cause,
                    sum(octet_length(b.event_jws) + coalesce(octet_length(b.cause_jws), 0))
                      over (order by b.sequence rows between unbounded preceding and 1 preceding) as bytes_before
               from feed_backlog b join next using (sequence)) as batch
      where bytes_before is null or bytes_before < $2
      order by sequence`,
    [limit, BATCH_BYTES],
  );
  return rows.map(({ sequence, hash, event, cause }) => ({
    sequence: Number(sequence),
    hash,
    event,
    ...(cause === null ? {} : { cause }),
  }));
}

/** Takes entries out of the backlog; false when another instance has taken one of them. */
export async function removeWaiting(tx: EntityManager, entries: readonly FeedEntry[]): Promise<boolean> {
  const [, count]: [unknown, number] = await tx.query('delete from feed_backlog where sequence = any ($1::bigint[])', [
    entries.map(({ sequence }) => sequence),
  ]);
  return count === entries.length;
}

export async function countWaiting(manager: EntityManager): Promise<number> {
  const [row] = await manager.query('select count(*)::int as count from feed_backlog');
  return row.count;
}
