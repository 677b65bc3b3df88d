import type { EntityManager } from 'typeorm';
import type { Reach } from '../officer/permission.js';
import type { LiveEventKind, NewLiveEvent } from './live-event.js';

/** Commits on this channel wake the streams. */
export const LIVE_CHANNEL = 'access_point_live';

/** A place in the order of live events. */
export interface LivePosition {
  readonly transaction: string;
  readonly position: string;
}

export interface FoundLiveEvent extends LivePosition {
  readonly kind: LiveEventKind;
  readonly detail: Record<string, unknown>;
}

export async function appendLiveEvents(tx: EntityManager, events: readonly NewLiveEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `with added as (
       insert into live_event (transaction, at, kind, leg_id, detail, desk)
       select pg_current_xact_id()::text::bigint, now(), kind, leg_id, detail, desk
         from unnest($1::text[], $2::uuid[], $3::jsonb[], $4::text[]) with ordinality as e (kind, leg_id, detail, desk, nth)
        order by nth
     )
     select pg_notify('${LIVE_CHANNEL}', '')`,
    [
      events.map(({ kind }) => kind),
      events.map(({ legId }) => legId),
      events.map(({ detail }) => JSON.stringify(detail)),
      events.map(({ desk }) => desk),
    ],
  );
}

/** The place behind everything that has committed so far. */
export async function presentPosition(manager: EntityManager): Promise<LivePosition> {
  const [row] = await manager.query('select pg_snapshot_xmin(pg_current_snapshot())::text as transaction');
  return { transaction: row.transaction, position: '0' };
}

/**
 * Events after a position that are within reach, in the order of their transactions. Those at or behind the oldest transaction that is still
 * under way wait: an earlier one could commit after them.
 */
export async function findLiveEvents(
  manager: EntityManager,
  after: LivePosition,
  reach: Reach,
  limit: number,
): Promise<FoundLiveEvent[]> {
  return manager.query(
    `select e.transaction, e.position, e.kind, e.detail
       from live_event e left join leg l using (leg_id)
      where (e.transaction, e.position) > ($1::bigint, $2::bigint)
        and e.transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        and ($3::boolean or coalesce(l.own_desk, e.desk) = any ($4::text[])
             or exists (select 1 from assignment a where a.leg_id = e.leg_id and a.assigned_desk = any ($5::text[])))
      order by e.transaction, e.position
      limit $6`,
    [after.transaction, after.position, reach.country, reach.desks, reach.assignedDesks, limit],
  );
}

export async function forgetLiveEventsBefore(manager: EntityManager, moment: Date): Promise<void> {
  await manager.query('delete from live_event where at < $1', [moment]);
}
