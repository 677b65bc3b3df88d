import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { FindingKind } from '#libs/contracts';
import { HASH_BYTES } from '#libs/transparency-log';
import { type EpochEnd, findEpochEnd } from '../epoch/epoch.repository.js';
import type { NewFinding } from '../finding/new-finding.js';
import type { NewBatch, ReadRange } from './new-batch.js';

/** What became of a batch: it is in the log, and this is wrong with it that was not written down before; somebody else has taken over; or some of it is in the log already. */
export type AppendOutcome =
  | { readonly outcome: 'appended'; readonly findings: readonly NewFinding[] }
  | { readonly outcome: 'fenced' | 'repeated' };

/** Head of the log and the batch that led to it. */
export interface StoredEdge {
  readonly size: number;
  readonly frontier: readonly Uint8Array[];
  /** Before the last batch. */
  readonly before: { readonly size: number; readonly frontier: readonly Uint8Array[] };
}

const SEQUENCER_LOCK = `hashtext('serai:log-sequencer'), hashtext(current_schema())`;

/**
 * One statement, and so one transaction and one round trip: nothing of it happens unless the fence is still ours and no envelope of it is in the log. The keys of
 * the tables refuse it when the head has moved or a record was read meanwhile.
 */
const APPEND = `
  with fresh as (
    select * from unnest($3::bigint[], $4::bytea[], $5::text[], $6::integer[], $7::bigint[], $8::timestamptz[], $9::bytea[],
      $10::uuid[], $11::text[], $12::text[], $13::text[], $14::bytea[])
      as f (index, entry, topic, partition, record_offset, accepted_at, message_hash, envelope_id, type, producer, producer_sequence, wrapped)
  ), known as (
    select l.message_hash = f.message_hash as is_repeated, f.topic, f.partition, f.record_offset
    from fresh f
    join (select topic, envelope_id, message_hash from leaf union all select topic, envelope_id, message_hash from earlier_leaf) l
      on l.envelope_id = f.envelope_id and l.topic = f.topic
  ), state as (
    select (select max(number) from fence) = $1 as is_leading, exists (select from known where is_repeated) as is_repeated
  ), go as (
    select from state where is_leading and not is_repeated
  ), leaves as (
    insert into leaf (index, entry, topic, partition, record_offset, accepted_at, message_hash, envelope_id, type, producer, producer_sequence)
    select index, entry, topic, partition, record_offset, accepted_at, message_hash, envelope_id, type, producer, producer_sequence
    from fresh, go order by index
  ), salts as (
    insert into leaf_salt (leaf, wrapped) select index, wrapped from fresh, go order by index
  ), batch as (
    insert into log_batch (first_leaf, leaves, frontier, fence)
    select $2::bigint, cardinality($3::bigint[]), $15::bytea, $1::bigint from go where cardinality($3::bigint[]) > 0
  ), taken as (
    insert into consumed (topic, partition, from_offset, to_offset, fence)
    select r.*, $1::bigint
    from unnest($16::text[], $17::integer[], $18::bigint[], $19::bigint[]) as r (topic, partition, from_offset, to_offset), go
  ), ended as (
    insert into epoch_end (leaf, next, closing) select $27::bigint, $28::text, $29::text from go where $27::bigint is not null
  ), found as (
    insert into finding (kind, about, topic, partition, record_offset, producer, number)
    select 'ID_REUSED', concat_ws(' ', topic, partition, record_offset), topic, partition, record_offset, null, null from known, go
    union all
    select w.* from unnest($20::text[], $21::text[], $22::text[], $23::integer[], $24::bigint[], $25::text[], $26::text[])
      as w (kind, about, topic, partition, record_offset, producer, number), go
    on conflict (kind, about) do nothing
    returning kind, about, topic, partition, record_offset::text as offset, producer, number
  )
  select is_leading, is_repeated, (select json_agg(found) from found) as findings from state`;

const NOTE = `
  insert into finding (kind, about, topic, partition, record_offset, producer, number)
  select w.* from unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::text[], $8::text[])
    as w (kind, about, topic, partition, record_offset, producer, number)
  where (select max(number) from fence) = $1
  on conflict (kind, about) do nothing
  returning kind, about, topic, partition, record_offset::text as offset, producer, number`;

/** A finding as it was written down. */
interface FindingRow {
  readonly kind: FindingKind;
  readonly about: string;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly producer: string | null;
  readonly number: string | null;
}

/** Where each partition goes on: the newest row of each, found by skipping from key to key. */
const POSITIONS = `
  with recursive place as (
    (select topic, partition from consumed order by topic, partition limit 1)
    union all
    select next.topic, next.partition
    from place, lateral (
      select c.topic, c.partition from consumed c
      where (c.topic, c.partition) > (place.topic, place.partition)
      order by c.topic, c.partition limit 1
    ) next
  )
  select place.topic, place.partition, newest.from_offset, newest.to_offset
  from place, lateral (
    select from_offset, to_offset from consumed c
    where c.topic = place.topic and c.partition = place.partition
    order by from_offset desc limit 1
  ) newest`;

/** Every query of the sequencer. */
@Injectable()
export class SequencingRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** True when this session now is the one that may sequence, until it ends. */
  async lock(session: QueryRunner): Promise<boolean> {
    const [row]: { locked: boolean }[] = await session.query(
      `select pg_try_advisory_lock(${SEQUENCER_LOCK}) as locked`,
    );
    return row!.locked;
  }

  async unlock(session: QueryRunner): Promise<void> {
    await session.query(`select pg_advisory_unlock(${SEQUENCER_LOCK})`);
  }

  /** Shuts everybody out who sequenced before. */
  async raiseFence(): Promise<bigint> {
    const [row]: { number: string }[] = await this.dataSource.query(
      'insert into fence (number) select coalesce(max(number), 0) + 1 from fence returning number',
    );
    return BigInt(row!.number);
  }

  /** @throws on a conflict of keys: the log has moved since it was read */
  async append(
    fence: bigint,
    { firstLeaf, leaves, frontier, ranges, findings, end }: NewBatch,
    database: Pick<EntityManager, 'query'> = this.dataSource,
  ): Promise<AppendOutcome> {
    const [row]: { is_leading: boolean; is_repeated: boolean; findings: FindingRow[] | null }[] = await database.query(
      APPEND,
      [
        fence.toString(),
        firstLeaf,
        leaves.map(({ index }) => index),
        leaves.map(({ entry }) => entry),
        leaves.map(({ record }) => record.topic),
        leaves.map(({ record }) => record.partition),
        leaves.map(({ record }) => record.offset),
        leaves.map(({ record }) => record.acceptedAt),
        leaves.map(({ record }) => Buffer.from(record.messageHash, 'base64url')),
        leaves.map(({ record }) => record.id ?? null),
        leaves.map(({ record }) => record.type ?? null),
        leaves.map(({ record }) => record.producer ?? null),
        leaves.map(({ record }) => record.producerSequence ?? null),
        leaves.map(({ wrappedSalt }) => wrappedSalt),
        Buffer.concat(frontier),
        ranges.map(({ topic }) => topic),
        ranges.map(({ partition }) => partition),
        ranges.map(({ from }) => from.toString()),
        ranges.map(({ to }) => to.toString()),
        ...columnsOf(findings),
        end?.leaf ?? null,
        end?.next ?? null,
        end?.closing ?? null,
      ],
    );
    const { is_leading, is_repeated, findings: found } = row!;
    if (!is_leading) return { outcome: 'fenced' };
    return is_repeated ? { outcome: 'repeated' } : { outcome: 'appended', findings: (found ?? []).map(findingOf) };
  }

  /** Writes down what is wrong with no batch, while the fence is ours. @returns what was not written down before */
  async note(fence: bigint, findings: readonly NewFinding[]): Promise<NewFinding[]> {
    const rows: FindingRow[] = await this.dataSource.query(NOTE, [fence.toString(), ...columnsOf(findings)]);
    return rows.map(findingOf);
  }

  /** The newest batch and where the one before it ended. */
  async edge(): Promise<StoredEdge> {
    const rows: { first_leaf: string; leaves: number; frontier: Buffer }[] = await this.dataSource.query(
      'select first_leaf, leaves, frontier from log_batch order by first_leaf desc limit 2',
    );
    const [last, before] = rows.map(({ first_leaf, leaves, frontier }) => ({
      size: Number(first_leaf) + leaves,
      frontier: hashesOf(frontier),
    }));
    const nothing = { size: 0, frontier: [] };
    return { ...(last ?? nothing), before: before ?? nothing };
  }

  /** How the log has ended, if it has. */
  async end(): Promise<EpochEnd | undefined> {
    return findEpochEnd(this.dataSource);
  }

  /** The last range of every partition that was ever read. */
  async positions(): Promise<ReadRange[]> {
    const rows: { topic: string; partition: number; from_offset: string; to_offset: string }[] =
      await this.dataSource.query(POSITIONS);
    return rows.map(({ topic, partition, from_offset, to_offset }) => ({
      topic,
      partition,
      from: BigInt(from_offset),
      to: BigInt(to_offset),
    }));
  }

  /** Which of these envelopes are in the log from their topic, as `topic id hash`; the hash in base64url. */
  async known(envelopes: readonly { readonly topic: string; readonly id: string }[]): Promise<Set<string>> {
    const rows: { topic: string; envelope_id: string; message_hash: Buffer }[] = await this.dataSource.query(
      `select l.topic, l.envelope_id, l.message_hash
       from unnest($1::text[], $2::uuid[]) as e (topic, id)
       join (select topic, envelope_id, message_hash from leaf union all select topic, envelope_id, message_hash from earlier_leaf) l
         on l.envelope_id = e.id and l.topic = e.topic`,
      [envelopes.map(({ topic }) => topic), envelopes.map(({ id }) => id)],
    );
    return new Set(
      rows.map(
        ({ topic, envelope_id, message_hash }) => `${topic} ${envelope_id} ${message_hash.toString('base64url')}`,
      ),
    );
  }

  /** Hash of the record that stands in the log for a place; undefined where none does. */
  async hashAt(topic: string, partition: number, offset: bigint): Promise<string | undefined> {
    const [row]: { message_hash: Buffer }[] = await this.dataSource.query(
      'select message_hash from leaf where topic = $1 and partition = $2 and record_offset = $3',
      [topic, partition, offset.toString()],
    );
    return row?.message_hash.toString('base64url');
  }
}

const columnsOf = (findings: readonly NewFinding[]): unknown[][] => [
  findings.map(({ kind }) => kind),
  findings.map(({ about }) => about),
  findings.map(({ record }) => record?.topic ?? null),
  findings.map(({ record }) => record?.partition ?? null),
  findings.map(({ record }) => record?.offset.toString() ?? null),
  findings.map(({ producer }) => producer ?? null),
  findings.map(({ number }) => number ?? null),
];

function findingOf({ kind, about, topic, partition, offset, producer, number }: FindingRow): NewFinding {
  const isOfRecord = topic !== null && partition !== null && offset !== null;
  return {
    kind,
    about,
    ...(isOfRecord ? { record: { topic, partition, offset } } : {}),
    ...(producer === null ? {} : { producer }),
    ...(number === null ? {} : { number }),
  };
}

function hashesOf(frontier: Buffer): Buffer[] {
  return Array.from({ length: frontier.length / HASH_BYTES }, (_, place) =>
    frontier.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES),
  );
}
