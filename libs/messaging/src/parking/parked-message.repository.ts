import type { EntityManager } from 'typeorm';
import type { ErrorCode } from '#libs/errors';
import type { ReceivedRecord } from '../records.js';
import type { ParkedFilter, ParkedPageQuery, ParkedSummary } from './parked-summary.js';

/** A record that goes aside, and why. */
export interface Rejection {
  readonly record: ReceivedRecord;
  readonly code: ErrorCode;
}

/** Stores the records that are not parked yet and returns the offsets of those; one round trip. */
export async function insertParked(
  tx: EntityManager,
  consumer: string,
  topic: string,
  partition: number,
  rejections: readonly Rejection[],
): Promise<Set<bigint>> {
  const records = rejections.map(({ record }) => record);
  const rows: { offset: string }[] = await tx.query(
    `insert into parked_message (consumer, topic, partition, "offset", key, value, headers, appended_at, code)
     select $1, $2, $3, r."offset", r.key, r.value, r.headers, r.appended_at, r.code
     from unnest($4::bigint[], $5::text[], $6::bytea[], $7::jsonb[], $8::timestamptz[], $9::text[])
       as r ("offset", key, value, headers, appended_at, code)
     order by r."offset"
     on conflict on constraint parked_message_position do nothing
     returning "offset"`,
    [
      consumer,
      topic,
      partition,
      records.map(({ offset }) => offset.toString()),
      records.map(({ key }) => key),
      records.map(({ value }) => value),
      records.map(({ headers }) => JSON.stringify(headers)),
      records.map(({ appendedAt }) => appendedAt.toISOString()),
      rejections.map(({ code }) => code),
    ],
  );
  return new Set(rows.map(({ offset }) => BigInt(offset)));
}

/** Which of the keys are parked, keeping a replay from releasing them until the transaction ends. */
export async function holdParkedKeys(
  tx: EntityManager,
  consumer: string,
  topic: string,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows: { key: string }[] = await tx.query(
    `select key from parked_message
     where consumer = $1 and topic = $2 and key = any ($3::text[]) and discarded_at is null
     order by id
     for key share`,
    [consumer, topic, keys],
  );
  return new Set(rows.map(({ key }) => key));
}

export async function countParked(manager: EntityManager): Promise<{ consumer: string; count: number }[]> {
  return manager.query(
    'select consumer, count(*)::int as count from parked_message where discarded_at is null group by consumer',
  );
}

interface ParkedRow {
  id: string;
  consumer: string;
  topic: string;
  partition: number;
  offset: string;
  key: string;
  code: ErrorCode;
  appended_at: Date;
  parked_at: Date;
  bytes: number;
  discarded_at?: Date | null;
  discarded_by?: string | null;
  discard_reason?: string | null;
}

export async function findParked(manager: EntityManager, filter: ParkedFilter): Promise<ParkedSummary[]> {
  const rows: ParkedRow[] = await manager.query(
    `select id, consumer, topic, partition, "offset", key, code, appended_at, parked_at, length(value) as bytes
     from parked_message
     where discarded_at is null and ($1::text is null or consumer = $1) and ($2::text is null or topic = $2) and ($3::text is null or key = $3)
     order by topic, partition, "offset", consumer`,
    [filter.consumer ?? null, filter.topic ?? null, filter.key ?? null],
  );
  return rows.map(summaryOf);
}

function summaryOf(row: ParkedRow): ParkedSummary {
  const { id, consumer, topic, partition, offset, key, code, bytes, discarded_at, discarded_by, discard_reason } = row;
  return {
    ...{ id, consumer, topic, partition, key, code, bytes },
    offset: BigInt(offset),
    appendedAt: row.appended_at,
    parkedAt: row.parked_at,
    ...(discarded_at && discarded_by && discard_reason
      ? { discarded: { at: discarded_at, by: discarded_by, reason: discard_reason } }
      : {}),
  };
}

/** In the order of parking, which for one key is the order of its records. */
export async function findParkedPage(manager: EntityManager, query: ParkedPageQuery): Promise<ParkedSummary[]> {
  const { consumer, after, limit, topic, code, discarded = false } = query;
  const rows: ParkedRow[] = await manager.query(
    `select id, consumer, topic, partition, "offset", key, code, appended_at, parked_at, length(value) as bytes,
            discarded_at, discarded_by, discard_reason
     from parked_message
     where consumer = $1 and (discarded_at is not null) = $6 and id > $2 and ($3::text is null or topic = $3) and ($4::text is null or code = $4)
     order by id
     limit $5`,
    [consumer, after ?? '0', topic ?? null, code ?? null, limit, discarded],
  );
  return rows.map(summaryOf);
}

interface LockedRow {
  topic: string;
  partition: number;
  offset: string;
  key: string;
  value: Buffer;
  headers: Record<string, string>;
  appended_at: Date;
  code: ErrorCode;
}

/** The parked record, locked until the transaction ends; undefined when there is none. */
export async function lockParked(tx: EntityManager, consumer: string, id: string): Promise<Rejection | undefined> {
  const [row]: LockedRow[] = await tx.query(
    `select topic, partition, "offset", key, value, headers, appended_at, code
     from parked_message
     where id = $1 and consumer = $2 and discarded_at is null
     for update`,
    [id, consumer],
  );
  if (!row) return undefined;
  const { appended_at, offset, code, ...record } = row;
  return { record: { ...record, offset: BigInt(offset), appendedAt: appended_at }, code };
}

/** Id of the first record that is parked because of its key, undefined when none is. */
export async function firstBehind(
  manager: EntityManager,
  consumer: string,
  { topic, key }: ReceivedRecord,
): Promise<string | undefined> {
  const [row]: { id: string }[] = await manager.query(
    `select id from parked_message
     where consumer = $1 and topic = $2 and key = $3 and code = 'ERR_KEY_PARKED' and discarded_at is null
     order by partition, "offset"
     limit 1`,
    [consumer, topic, key],
  );
  return row?.id;
}

/** Id of the first of the earlier records of the same key that are parked too, undefined when there is none. */
export async function firstBefore(
  tx: EntityManager,
  consumer: string,
  record: ReceivedRecord,
): Promise<string | undefined> {
  const [row]: { id: string }[] = await tx.query(
    `select id from parked_message
     where consumer = $1 and topic = $2 and key = $3 and partition = $4 and "offset" < $5 and discarded_at is null
     order by "offset"
     limit 1`,
    [consumer, record.topic, record.key, record.partition, record.offset.toString()],
  );
  return row?.id;
}

export async function deleteParked(tx: EntityManager, id: string): Promise<void> {
  await tx.query('delete from parked_message where id = $1', [id]);
}

/** How many records of the same key are parked beside this one. */
export async function countBehind(
  tx: EntityManager,
  consumer: string,
  { topic, key, partition, offset }: ReceivedRecord,
): Promise<number> {
  const [row] = await tx.query(
    `select count(*)::int as count from parked_message
     where consumer = $1 and topic = $2 and key = $3 and discarded_at is null
       and not (partition = $4 and "offset" = $5)`,
    [consumer, topic, key, partition, offset.toString()],
  );
  return row.count;
}

/** Closes a record: it stays where it is, but nothing waits for it. */
export async function closeParked(
  tx: EntityManager,
  id: string,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<void> {
  await tx.query(
    'update parked_message set discarded_at = now(), discarded_by = $2, discard_reason = $3 where id = $1',
    [id, by, reason],
  );
}

/** The record stays, for another reason than before. */
export async function changeParkedCode(manager: EntityManager, id: string, code: ErrorCode): Promise<void> {
  await manager.query('update parked_message set code = $2 where id = $1', [id, code]);
}
