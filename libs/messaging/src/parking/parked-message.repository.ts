import type { EntityManager } from 'typeorm';
import type { ErrorCode } from '#libs/errors';
import type { ReceivedRecord } from '../records.js';
import type { ParkedSummary } from './parked-messages.js';

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
     where consumer = $1 and topic = $2 and key = any ($3::text[])
     order by id
     for key share`,
    [consumer, topic, keys],
  );
  return new Set(rows.map(({ key }) => key));
}

export async function countParked(manager: EntityManager): Promise<{ consumer: string; count: number }[]> {
  return manager.query('select consumer, count(*)::int as count from parked_message group by consumer');
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
}

export async function findParked(
  manager: EntityManager,
  filter: { readonly consumer?: string; readonly topic?: string; readonly key?: string },
): Promise<ParkedSummary[]> {
  const rows: ParkedRow[] = await manager.query(
    `select id, consumer, topic, partition, "offset", key, code, appended_at, parked_at, length(value) as bytes
     from parked_message
     where ($1::text is null or consumer = $1) and ($2::text is null or topic = $2) and ($3::text is null or key = $3)
     order by topic, partition, "offset", consumer`,
    [filter.consumer ?? null, filter.topic ?? null, filter.key ?? null],
  );
  return rows.map(({ appended_at, parked_at, offset, ...row }) => ({
    ...row,
    offset: BigInt(offset),
    appendedAt: appended_at,
    parkedAt: parked_at,
  }));
}
