import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { announceCommit } from '#libs/messaging';
import { atCommit } from '#libs/persistence';
import { pendingInstants } from './leg.clock.js';
import { Leg } from './leg.entity.js';

/** Every commit that set timers is announced here: when the first of them is due, in ISO 8601. */
export const TIMERS_SET = 'serai_requests_timers_set';

type Row = Record<string, unknown>;

/** A column with its member of {@link Leg}. */
interface LegColumn {
  readonly name: string;
  readonly member: keyof Leg;
  readonly fromDatabase: (value: unknown) => unknown;
}

/** Every query of legs and their timers. Legs are read and written in sets: one round trip, however many. */
@Injectable()
export class LegRepository {
  private readonly columns: readonly LegColumn[];
  private readonly saveStatement: string;

  constructor(private readonly dataSource: DataSource) {
    this.columns = dataSource.getMetadata(Leg).columns.map(({ databaseName, propertyName, transformer }) => ({
      name: databaseName,
      member: propertyName as keyof Leg,
      // pg reads bigint as text.
      fromDatabase: (value) => (transformer && !Array.isArray(transformer) ? transformer.from(value) : value),
    }));
    this.saveStatement = saveStatementFor(this.columns.map(({ name }) => name));
  }

  /** The legs that exist of these, locked until the transaction ends; always in the same order, so that two batches never wait in a circle. */
  async lock(tx: EntityManager, ids: readonly string[]): Promise<Map<string, Leg>> {
    const rows: Row[] = await tx.query('select * from leg where id = any ($1::uuid[]) order by id for update', [ids]);
    return new Map(rows.map((row) => this.toLeg(row)).map((leg) => [leg.id, leg]));
  }

  /**
   * Locks up to `limit` legs that have a timer before `now`. Legs that somebody else is working on are left to them: whoever moves a leg lets time pass first.
   * The lock on a leg is the lock on its timers.
   */
  async lockDue(tx: EntityManager, now: Date, limit: number): Promise<Leg[]> {
    const rows: Row[] = await tx.query(
      `select leg.* from leg
       where id in (select leg_id from leg_timer where due_at < $1 order by due_at limit $2)
       order by id
       for update skip locked`,
      [now, limit],
    );
    return rows.map((row) => this.toLeg(row));
  }

  /** Writes legs with the commit, and makes their timers what they now wait for; tells the schedulers. The caller holds the locks on the legs that exist. */
  async save(tx: EntityManager, legs: readonly Leg[]): Promise<void> {
    if (legs.length === 0) return;
    const timers = legs.flatMap((leg) => pendingInstants(leg).map(({ kind, at }) => ({ legId: leg.id, kind, at })));
    await atCommit(
      tx,
      this.saveStatement,
      [
        JSON.stringify(legs.map((leg) => this.toRow(leg))),
        legs.map(({ id }) => id),
        timers.map(({ legId }) => legId),
        timers.map(({ kind }) => kind),
        timers.map(({ at }) => at),
      ],
      () =>
        this.announce(
          tx,
          timers.map(({ at }) => at),
        ),
    );
  }

  private announce(tx: EntityManager, dueAt: readonly Date[]): void {
    if (dueAt.length === 0) return;
    const first = new Date(Math.min(...dueAt.map(Number)));
    announceCommit(tx.dataSource, TIMERS_SET, first.toISOString());
  }

  /** When the next timer is due, undefined when there is none. */
  async nextDueAt(): Promise<Date | undefined> {
    const [row]: { due_at: Date | null }[] = await this.dataSource.query('select min(due_at) as due_at from leg_timer');
    return row?.due_at ?? undefined;
  }

  private toLeg(row: Row): Leg {
    const members = this.columns.map(({ name, member, fromDatabase }) => [member, fromDatabase(row[name])]);
    return Object.fromEntries(members) as unknown as Leg;
  }

  private toRow(leg: Leg): Row {
    return Object.fromEntries(this.columns.map(({ name, member }) => [name, leg[member]]));
  }
}

/** One statement with five parameters: legs as JSON, their ids, and the timers as three arrays. */
function saveStatementFor(names: readonly string[]): string {
  return `
    with saved as (
      insert into leg (${names.join(', ')})
      select ${names.join(', ')} from json_populate_recordset(null::leg, $1)
      on conflict (id) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
    ), wanted as (
      select * from unnest($3::uuid[], $4::text[], $5::timestamptz[]) as w (leg_id, kind, due_at)
    ), gone as (
      delete from leg_timer
      where leg_id = any ($2::uuid[]) and (leg_id, kind) not in (select leg_id, kind from wanted)
    ), kept as (
      insert into leg_timer (leg_id, kind, due_at) select leg_id, kind, due_at from wanted
      on conflict (leg_id, kind) do update set due_at = excluded.due_at
    )
    select from wanted limit 0`;
}
