import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DeskNote } from './what-waits.js';

/** Channel of NOTIFY, told at the commit of every transaction after which somebody may have to be nudged. */
export const NUDGES_SET = 'serai_notifications_nudges_set';

/** A note with the event that it is taken from. */
export interface CausedNote extends DeskNote {
  readonly cause: string;
  readonly at: Date;
}

/** Something that waits for a desk. */
export interface WaitingRow {
  readonly cause: string;
  readonly desk: string;
  readonly legId: string;
  readonly urgent: boolean;
  readonly at: Date;
}

// On the way of every event, so it is one round trip; desks that nobody set nudges for write nothing.
const KEEP = `
  with kept as (
    insert into waiting_item (cause, desk, leg_id, urgent, at)
    select w.* from unnest($1::uuid[], $2::text[], $3::uuid[], $4::boolean[], $5::timestamptz[])
                    as w (cause, desk, leg_id, urgent, at)
     where exists (select from desk_preferences p where p.desk = w.desk)
    on conflict do nothing
    returning 1
  ), seen as (
    select * from unnest($6::uuid[], $7::text[]) as s (leg_id, desk)
  ), done as (
    delete from waiting_item w using seen s where w.leg_id = s.leg_id and w.desk = s.desk
  ), dropped as (
    delete from nudge_item i using seen s, nudge_target t
     where i.leg_id = s.leg_id and i.nudge is null and t.id = i.target and t.desk = s.desk
  )
  select pg_notify('${NUDGES_SET}', '') from kept limit 1`;

/** Every query of what waits for desks and is not yet planned. */
@Injectable()
export class WaitingRepository {
  /** Keeps what waits, and forgets what desks have seen meanwhile, unless a nudge under way counts it already. */
  async keep(tx: EntityManager, notes: readonly CausedNote[]): Promise<void> {
    if (notes.length === 0) return;
    const seen = notes.filter(({ kind }) => kind === 'seen');
    const waits = notes.filter((note, index) => note.kind === 'waits' && !isSeenLater(notes, note, index));
    await tx.query(KEEP, [
      waits.map(({ cause }) => cause),
      waits.map(({ desk }) => desk),
      waits.map(({ legId }) => legId),
      waits.map(({ urgent }) => urgent),
      waits.map(({ at }) => at),
      seen.map(({ legId }) => legId),
      seen.map(({ desk }) => desk),
    ]);
  }

  /** Takes what waits, oldest first; nobody else gets it, and it is gone with the transaction. */
  async take(tx: EntityManager, limit: number): Promise<WaitingRow[]> {
    const [rows] = await tx.query(
      `delete from waiting_item w
        using (select cause, desk from waiting_item order by at, cause limit $1 for update skip locked) as oldest
        where w.cause = oldest.cause and w.desk = oldest.desk
        returning w.cause, w.desk, w.leg_id as "legId", w.urgent, w.at`,
      [limit],
    );
    return rows;
  }
}

function isSeenLater(notes: readonly CausedNote[], { legId, desk }: CausedNote, index: number): boolean {
  return notes.slice(index + 1).some((later) => later.kind === 'seen' && later.legId === legId && later.desk === desk);
}
