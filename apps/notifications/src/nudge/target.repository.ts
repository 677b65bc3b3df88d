import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid7 } from 'uuid';
import type { Nudge } from './channels.js';
import type { ChannelKind, ContactAddress } from './contact-address.js';
import type { WaitingRow } from './waiting.repository.js';

/** Something that a contact is to hear of at a time. */
export interface PlannedItem extends ContactAddress {
  readonly desk: string;
  readonly cause: string;
  readonly legId: string;
  readonly urgent: boolean;
  readonly dueAt: Date;
}

/** A nudge that this instance has to send now. */
export interface ClaimedNudge extends Nudge, ContactAddress {
  readonly target: string;
  readonly desk: string;
  readonly failures: number;
  readonly participant: string;
  /** Name of the contact in the settings. */
  readonly contact: string;
}

interface FreeTarget {
  readonly id: string;
  readonly desk: string;
  readonly kind: ChannelKind;
  readonly address: string;
  readonly failures: number;
  readonly nudge: string | null;
  readonly urgent: number;
  readonly others: number;
}

/** A contact that is due and still in the settings of its desk. */
export type WantedTarget = FreeTarget & Pick<ClaimedNudge, 'participant' | 'contact'>;

/** An instance that has not said what became of a nudge after this long is taken for dead. Longer than any attempt lasts. */
const LEASE_MS = 120_000;

/** So long a contact is left alone after a nudge, also by urgent legs: forty of them at once are one nudge and one more. */
const SPACING_MS = 60_000;

const DUE = `
  select t.id, t.desk, t.kind, t.address, t.failures, t.nudge, t.urgent_items as urgent, t.other_items as others
    from nudge_target t
   where t.disabled_at is null and (t.leased_until is null or t.leased_until <= $1) and (t.failures > 0) = $2
     and case when t.nudge is not null then coalesce(t.retry_at, $1) <= $1
              else (t.sent_at is null or t.sent_at <= $1 - make_interval(secs => $3))
                   and exists (select from nudge_item i where i.target = t.id and i.nudge is null and i.due_at <= $1) end
   order by t.sent_at nulls first, t.id
   limit $4
   for update skip locked`;

const SEAL = `
  with sealed as (
    update nudge_item i set nudge = s.nudge
      from unnest($1::uuid[], $2::uuid[]) as s (target, nudge)
     where i.target = s.target and i.nudge is null
    returning i.target, s.nudge, i.urgent
  ), counted as (
    select target, nudge, count(*) filter (where urgent)::int as urgent, count(*) filter (where not urgent)::int as others
      from sealed group by target, nudge
  )
  update nudge_target t set nudge = c.nudge, urgent_items = c.urgent, other_items = c.others, retry_at = null
    from counted c where t.id = c.target
  returning t.id, t.nudge, t.urgent_items as urgent, t.other_items as others`;

const NEXT = `
  select least(
    min(coalesce(t.retry_at, t.leased_until)) filter (where t.nudge is not null),
    min(greatest(i.due_at, t.sent_at + make_interval(secs => $1))) filter (where t.nudge is null)
  ) as next
    from nudge_target t left join lateral (
      select min(due_at) as due_at from nudge_item i where i.target = t.id and i.nudge is null
    ) i on true
   where t.disabled_at is null`;

/** Every query of contacts' queues. */
@Injectable()
export class TargetRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Queues items; one with the same cause and contact is there already. Contacts that were given up get none. */
  async plan(tx: EntityManager, items: readonly PlannedItem[]): Promise<void> {
    if (items.length === 0) return;
    const targets = new Map(items.map((item) => [`${item.desk} ${item.kind} ${item.address}`, item]));
    const rows = [...targets.values()].sort((one, other) => (one.address < other.address ? -1 : 1));
    await tx.query(
      `insert into nudge_target (id, desk, kind, address, failures, urgent_items, other_items)
       select id, desk, kind, address, 0, 0, 0
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as t (id, desk, kind, address)
       on conflict do nothing`,
      [
        rows.map(() => uuid7()),
        rows.map(({ desk }) => desk),
        rows.map(({ kind }) => kind),
        rows.map(({ address }) => address),
      ],
    );
    await tx.query(
      `insert into nudge_item (cause, target, leg_id, urgent, due_at)
       select i.cause, t.id, i.leg_id, i.urgent, i.due_at
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::boolean[], $7::timestamptz[])
              as i (cause, desk, kind, address, leg_id, urgent, due_at)
              join nudge_target t on t.desk = i.desk and t.kind = i.kind and t.address = i.address
        where t.disabled_at is null
       on conflict do nothing`,
      [
        items.map(({ cause }) => cause),
        items.map(({ desk }) => desk),
        items.map(({ kind }) => kind),
        items.map(({ address }) => address),
        items.map(({ legId }) => legId),
        items.map(({ urgent }) => urgent),
        items.map(({ dueAt }) => dueAt),
      ],
    );
  }

  /** Contacts that nobody is sending to and that are due, locked. `failing` are asked for apart: they must not take every slot. */
  async lockDue(tx: EntityManager, now: Date, failing: boolean, limit: number): Promise<FreeTarget[]> {
    if (limit <= 0) return [];
    return tx.query(DUE, [now, failing, SPACING_MS / 1000, limit]);
  }

  /** Fixes what each contact's nudge says, where none is under way, and leases the contacts to this instance. */
  async lease(tx: EntityManager, targets: readonly WantedTarget[], now: Date): Promise<ClaimedNudge[]> {
    if (targets.length === 0) return [];
    const fresh = targets.filter(({ nudge }) => nudge === null);
    const [sealed] = await tx.query(SEAL, [fresh.map(({ id }) => id), fresh.map(() => uuid7())]);
    const byId = new Map<string, FreeTarget>(sealed.map((row: FreeTarget) => [row.id, row]));
    const ids = targets.map(({ id }) => id);
    await tx.query('update nudge_target set leased_until = $2 where id = any($1)', [
      ids,
      new Date(now.getTime() + LEASE_MS),
    ]);
    return targets.flatMap((target) => {
      const { nudge, urgent, others } = byId.get(target.id) ?? target;
      return nudge === null ? [] : [{ ...target, id: nudge, target: target.id, urgent, others }];
    });
  }

  /** Removes contacts that are in no settings any more, and returns what waited for them, since it was due. */
  async remove(tx: EntityManager, ids: readonly string[]): Promise<WaitingRow[]> {
    if (ids.length === 0) return [];
    const [left] = await tx.query(
      `delete from nudge_item i using nudge_target t where t.id = i.target and t.id = any($1)
       returning i.cause, t.desk, i.leg_id as "legId", i.urgent, i.due_at as at`,
      [ids],
    );
    await tx.query('delete from nudge_target where id = any($1)', [ids]);
    return left;
  }

  /** The nudge has been sent: it and what it counted are gone. False when somebody else has said so before. */
  async sent(tx: EntityManager, { id, target }: ClaimedNudge, now: Date): Promise<boolean> {
    await tx.query('delete from nudge_item where target = $1 and nudge = $2', [target, id]);
    const [, count] = await tx.query(
      `update nudge_target set nudge = null, failures = 0, sent_at = $3, leased_until = null, retry_at = null
        where id = $1 and nudge = $2`,
      [target, id, now],
    );
    return count > 0;
  }

  /** The attempt failed: again later, with the same id and the same words. */
  async retry(tx: EntityManager, { id, target }: ClaimedNudge, failures: number, at: Date): Promise<void> {
    await tx.query(
      'update nudge_target set failures = $3, retry_at = $4, leased_until = null where id = $1 and nudge = $2',
      [target, id, failures, at],
    );
  }

  /** Gives a contact up. False when somebody else did. */
  async disable(tx: EntityManager, { target }: ClaimedNudge, now: Date): Promise<boolean> {
    await tx.query('delete from nudge_item where target = $1', [target]);
    const [, count] = await tx.query(
      `update nudge_target set disabled_at = $2, nudge = null, retry_at = null, leased_until = null
        where id = $1 and disabled_at is null`,
      [target, now],
    );
    return count > 0;
  }

  /** The settings name these contacts anew: what was given up is tried again, what waits for its next attempt is tried now. */
  async enable(tx: EntityManager, desk: string, contacts: readonly ContactAddress[], now: Date): Promise<void> {
    await tx.query(
      `update nudge_target t set disabled_at = null, failures = 0, retry_at = case when nudge is null then null else $4::timestamptz end
         from unnest($2::text[], $3::text[]) as c (kind, address)
        where t.desk = $1 and t.kind = c.kind and t.address = c.address`,
      [desk, contacts.map(({ kind }) => kind), contacts.map(({ address }) => address), now],
    );
  }

  /** When somebody is due next; undefined while nothing waits. */
  async nextDueAt(): Promise<Date | undefined> {
    const [row]: { next: Date | null }[] = await this.dataSource.query(NEXT, [SPACING_MS / 1000]);
    return row?.next ?? undefined;
  }
}
