import type { EntityManager } from 'typeorm';
import { announceCommit } from '#libs/messaging';
import { atCommit } from '#libs/persistence';
import type { Reach } from '../officer/permission.js';
import type { LiveEventRecord, NewLiveEvent } from './live-event.js';

/** Announcements of commits bring the streams the events themselves, as a JSON array of {@link LiveEventRecord}; nothing where they must look. */
export const LIVE_CHANNEL = 'access_point_live';

const DESKS_OF_EVENT = `
  coalesce(l.own_desk, e.desk) as "ownDesk",
  case when l.assigned
       then array(select distinct a.assigned_desk from assignment a where a.leg_id = l.leg_id and a.assigned_desk is not null)
       else '{}'
  end as "assignedDesks"`;

/** Leg by leg: joined as a whole, the planner reads all legs for a handful of events. */
const LEG_OF_EVENT = 'left join lateral (select * from leg where leg.leg_id = e.leg_id limit 1) l on true';

/**
 * Of a WITH list: numbers what its part `live (kind, leg_id, detail, desk, nth)` holds, and stores it. Its part `told (told)` is one row, to be announced once it has
 * committed, null where there was nothing. Locks the end of the live events until the transaction ends, so it belongs into the last statement.
 */
export const APPEND_LIVE = `
  place as (
    update live_position set position = position + (select count(*) from live) where exists (select from live)
    returning position - (select count(*) from live) as start
  ), added as (
    insert into live_event (position, at, kind, leg_id, detail, desk)
    select place.start + row_number() over (order by live.nth), now(), live.kind, live.leg_id, live.detail, live.desk
      from live, place
    returning position, kind, leg_id, detail, desk
  ), told as (
    select json_agg(event order by position)::text as told
      from (select e.position, e.kind, e.detail, ${DESKS_OF_EVENT} from added e ${LEG_OF_EVENT}) as event
  )`;

/** Adds live events with the commit. */
export async function appendLiveEvents(tx: EntityManager, events: readonly NewLiveEvent[]): Promise<void> {
  if (events.length === 0) return;
  await atCommit(
    tx,
    `with live as (
       select * from unnest($1::text[], $2::uuid[], $3::jsonb[], $4::text[])
         with ordinality as e (kind, leg_id, detail, desk, nth)
     ), ${APPEND_LIVE}
     select told from told`,
    [
      events.map(({ kind }) => kind),
      events.map(({ legId }) => legId),
      events.map(({ detail }) => JSON.stringify(detail)),
      events.map(({ desk }) => desk),
    ],
    ([row]) => announceCommit(tx.dataSource, LIVE_CHANNEL, String(row?.['told'])),
  );
}

/** The number of the last event that has committed. */
export async function presentPosition(manager: EntityManager): Promise<number> {
  const [row]: { position: string }[] = await manager.query('select position from live_position');
  return Number(row!.position);
}

/** The number up to which events have been forgotten, at most `end`. */
export async function forgottenPosition(manager: EntityManager, end: number): Promise<number> {
  const [row]: { first: string | null }[] = await manager.query('select min(position) as first from live_event');
  const first = row?.first ?? null;
  return first === null ? end : Number(first) - 1;
}

type Row = Omit<LiveEventRecord, 'position'> & { readonly position: string };

/** The next events behind a position, whoever they are for. */
export async function findNextLiveEvents(
  manager: EntityManager,
  after: number,
  limit: number,
): Promise<LiveEventRecord[]> {
  const rows: Row[] = await manager.query(
    `select e.position, e.kind, e.detail, ${DESKS_OF_EVENT}
       from live_event e ${LEG_OF_EVENT}
      where e.position > $1
      order by e.position
      limit $2`,
    [after, limit],
  );
  return rows.map(toRecord);
}

/** The next events behind a position that are within reach. */
export async function findLiveEventsWithin(
  manager: EntityManager,
  after: number,
  reach: Reach,
  limit: number,
): Promise<LiveEventRecord[]> {
  const rows: Row[] = await manager.query(
    `select e.position, e.kind, e.detail, ${DESKS_OF_EVENT}
       from live_event e ${LEG_OF_EVENT}
      where e.position > $1
        and ($2::boolean or coalesce(l.own_desk, e.desk) = any ($3::text[])
             or exists (select 1 from assignment a where a.leg_id = e.leg_id and a.assigned_desk = any ($4::text[])))
      order by e.position
      limit $5`,
    [after, reach.country, reach.desks, reach.assignedDesks, limit],
  );
  return rows.map(toRecord);
}

function toRecord({ position, ...event }: Row): LiveEventRecord {
  return { ...event, position: Number(position) };
}

export async function forgetLiveEventsBefore(manager: EntityManager, moment: Date): Promise<void> {
  await manager.query('delete from live_event where at < $1', [moment]);
}
