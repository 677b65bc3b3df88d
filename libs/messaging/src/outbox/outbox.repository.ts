import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { atCommit } from '#libs/persistence';
import { announceCommit } from '../commit-listener.js';
import type { OutgoingRecord } from '../records.js';
import { freshRecordsOf, type UnsentRecord } from './fresh-records.js';

/** Commits that added records are announced here. */
export function outboxChannel({ options }: DataSource): string {
  const { schema } = options as { schema?: string };
  return `serai_outbox_${schema}`;
}

/** Inserts in the given order with the commit, which hands them to the relay of this process and wakes that of any other. */
export async function insertOutboxRecords(tx: EntityManager, records: readonly OutgoingRecord[]): Promise<void> {
  const fresh = freshRecordsOf(tx.dataSource);
  await atCommit(
    tx,
    `insert into outbox_record (topic, key, value, headers)
     select topic, key, value, headers
     from unnest($1::text[], $2::text[], $3::bytea[], $4::jsonb[]) with ordinality as r (topic, key, value, headers, position)
     order by position
     returning id`,
    [
      records.map(({ topic }) => topic),
      records.map(({ key }) => key),
      records.map(({ value }) => value),
      records.map(({ headers }) => JSON.stringify(headers ?? {})),
    ],
    (rows) => {
      fresh.offer(records.map((record, index) => ({ ...record, id: String(rows[index]!['id']) })));
      announceCommit(tx.dataSource, outboxChannel(tx.dataSource), fresh.origin);
    },
  );
}

/** Forgets what was sent and reads the oldest rows that are left, in one round trip. */
export async function exchangeOutboxRecords(
  session: QueryRunner,
  sent: readonly string[],
  limit: number,
): Promise<UnsentRecord[]> {
  // Both parts see the same snapshot: the deleted rows must be excluded by hand.
  return session.query(
    `with gone as (delete from outbox_record where id = any ($1::bigint[]))
     select id, topic, key, value, headers
     from outbox_record
     where id <> all ($1::bigint[])
     order by outbox_record.id
     limit $2`,
    [sent, limit],
  );
}

/** Age in seconds of the oldest unsent row, 0 when there is none. */
export async function oldestOutboxAge(manager: EntityManager): Promise<number> {
  const [row]: { age: number }[] = await manager.query(
    `select extract(epoch from clock_timestamp() - created_at)::float8 as age
     from outbox_record
     order by id
     limit 1`,
  );
  return row?.age ?? 0;
}

const RELAY_LOCK = `hashtext('serai:outbox-relay'), hashtext(current_schema())`;

/** True when this session now is the one relay of its schema, until it ends. */
export async function becomeRelay(session: QueryRunner): Promise<boolean> {
  const [row]: { locked: boolean }[] = await session.query(`select pg_try_advisory_lock(${RELAY_LOCK}) as locked`);
  // All that it commits is that sent records are forgotten. Where a crash of the server undoes that, they are sent again, and inboxes drop them.
  if (row!.locked) await session.query('set synchronous_commit = off');
  return row!.locked;
}

export async function resignAsRelay(session: QueryRunner): Promise<void> {
  await session.query('reset synchronous_commit');
  await session.query(`select pg_advisory_unlock(${RELAY_LOCK})`);
}
