import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { LegState } from '#libs/contracts';
import { announceCommit } from '#libs/messaging';
import { atCommit } from '#libs/persistence';
import type { DeskNote } from './what-waits.js';

/** Every commit after which somebody may have to be nudged is announced here. */
export const NUDGES_SET = 'serai_notifications_nudges_set';

/** A note with the event that it is taken from. */
export interface CausedNote extends DeskNote {
  readonly cause: string;
  readonly at: Date;
}

/** Urgent legs that were delivered, and legs that somebody has opened. */
export interface Openings {
  readonly unopened: readonly LegState[];
  readonly opened: readonly string[];
}

const NO_OPENINGS: Openings = { unopened: [], opened: [] };

/** Something that waits for a desk. */
export interface WaitingRow {
  readonly cause: string;
  readonly desk: string;
  readonly legId: string;
  readonly urgent: boolean;
  readonly at: Date;
}

// On the way of every event; desks that nobody set nudges for write nothing.
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
  ), begun as (
    insert into escalation (leg_id, request_id, requester, requester_desk, addressee, desk, delivered_at, ladder, steps, due_at)
    select b.*, l.ladder, 0, b.delivered_at + make_interval(mins => (l.ladder->0->>'afterMinutes')::int)
      from unnest($8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[])
             as b (leg_id, request_id, requester, requester_desk, addressee, desk, delivered_at)
           cross join lateral (
             select coalesce(
               (select p.nudges->'ladder' from desk_preferences p where p.desk = b.desk and p.effective_from <= b.delivered_at
                 order by p.effective_from desc, p.ordinal desc limit 1),
               (select f.ladder from ladder_profile f where f.effective_from <= b.delivered_at
                 order by f.effective_from desc, f.set_at desc nulls last limit 1)) as ladder
           ) l
     where l.ladder is not null
    on conflict do nothing
  ), opened as (
    delete from escalation e using unnest($15::uuid[]) as o (leg_id) where e.leg_id = o.leg_id
  )
  select from kept limit 1`;

/** Every query of what waits for desks and is not yet planned. */
@Injectable()
export class WaitingRepository {
  /**
   * With the commit, keeps what waits, and forgets what desks have seen meanwhile, unless a nudge under way counts it already. Begins the escalation of urgent legs that were
   * delivered, and ends that of legs which somebody has opened.
   */
  async keep(
    tx: EntityManager,
    notes: readonly CausedNote[],
    { unopened, opened }: Openings = NO_OPENINGS,
  ): Promise<void> {
    if (notes.length + unopened.length + opened.length === 0) return;
    const seen = notes.filter(({ kind }) => kind === 'seen');
    const waits = notes.filter((note, index) => note.kind === 'waits' && !isSeenLater(notes, note, index));
    const begun = unopened.filter(({ legId }) => !opened.includes(legId));
    await atCommit(
      tx,
      KEEP,
      [
        waits.map(({ cause }) => cause),
        waits.map(({ desk }) => desk),
        waits.map(({ legId }) => legId),
        waits.map(({ urgent }) => urgent),
        waits.map(({ at }) => at),
        seen.map(({ legId }) => legId),
        seen.map(({ desk }) => desk),
        begun.map(({ legId }) => legId),
        begun.map(({ requestId }) => requestId),
        begun.map(({ requester }) => requester.participant),
        begun.map(({ requester }) => requester.desk),
        begun.map(({ addressee }) => addressee.participant),
        begun.map(({ addressee }) => addressee.desk),
        begun.map(({ deliveredAt }) => deliveredAt),
        opened,
      ],
      (kept) => {
        if (kept.length > 0) announceCommit(tx.dataSource, NUDGES_SET);
      },
    );
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
