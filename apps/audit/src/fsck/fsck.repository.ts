import type { DataSource, QueryRunner } from 'typeorm';

/** A batch as it is stored. */
export interface StoredBatch {
  readonly firstLeaf: number;
  readonly leaves: number;
  /** Hashes of the complete subtrees behind it, one after the other. */
  readonly frontier: Buffer;
  readonly fence: bigint;
}

/** Consecutive leaves, as far as they are there. */
export interface StoredEntries {
  readonly count: number;
  /** One after the other, without anything between them. */
  readonly bytes: Buffer;
}

/** The leaves of one partition among some. */
export interface PlacedLeaves {
  readonly topic: string;
  readonly partition: number;
  readonly first: bigint;
  readonly last: bigint;
  /** Their offsets rise with their indices. */
  readonly isOrdered: boolean;
}

/** A range of a partition that was read. */
export interface StoredRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** A head that the log signed, as it is stored. */
export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  readonly note: Buffer;
}

/** A number that does not follow the one before it. */
export interface BrokenNumber {
  readonly index: number;
  readonly producer: string;
  readonly number: string;
  /** `0` before the first. */
  readonly before: string;
}

const PLACES = `
  select topic, partition, min(record_offset) as first, max(record_offset) as last, coalesce(bool_and(is_ordered), true) as is_ordered
  from (
    select topic, partition, record_offset,
      record_offset > lag(record_offset) over (partition by topic, partition order by index) as is_ordered
    from leaf where index >= $1 and index < $2
  ) placed
  group by topic, partition`;

/**
 * The same envelope may stand on several topics: it has its number once. Numbers may follow on those that the logs before this one have; when a log has ended, its last
 * ones wait for others that are in the next.
 */
const BROKEN_NUMBERS = `
  select min_index as index, producer, number::text, before::text
  from (
    select *, coalesce(lag(number) over (partition by producer order by number, min_index), 0) as before
    from (
      select producer, producer_sequence::numeric as number, min(index) as min_index, min(accepted_at) as accepted_at
      from leaf where producer is not null and producer_sequence is not null
      group by producer, producer_sequence::numeric, message_hash
    ) envelope
  ) chained
  where number <> before + 1
    and not exists (
      select from epoch_begin, jsonb_each(producers) as earlier (name, runs), jsonb_array_elements(runs) as run
      where earlier.name = producer and (run ->> 1)::numeric = number
    )
    and accepted_at <= coalesce((select max(accepted_at) from leaf join epoch_end on leaf = index), now()) - make_interval(secs => $1)
  order by min_index
  limit $2`;

/** Partitions that the logs before this one did not read just as far as it says. */
const SAID_OTHERWISE = `
  with held as (select topic, partition, max(record_offset) + 1 as next from earlier_leaf group by topic, partition),
    said as (select * from epoch_begin, jsonb_to_recordset(positions) as p (topic text, partition integer, next bigint))
  select from held full join said using (topic, partition) where held.next is distinct from said.next`;

/** What an fsck reads, all of it from one moment of the database. */
export class FsckRepository {
  private constructor(private readonly session: QueryRunner) {}

  /** Nothing that is committed meanwhile is seen, and nothing is changed. */
  static async inSnapshot<T>(dataSource: DataSource, work: (repository: FsckRepository) => Promise<T>): Promise<T> {
    const session = dataSource.createQueryRunner();
    try {
      await session.startTransaction('REPEATABLE READ');
      await session.query('set transaction read only');
      // It reads whole tables, in order.
      await session.query('set local enable_seqscan = on');
      return await work(new FsckRepository(session));
    } finally {
      if (session.isTransactionActive) await session.rollbackTransaction().catch(() => undefined);
      await session.release();
    }
  }

  /** In their order, from this leaf on. */
  async batches(from: number, limit: number): Promise<StoredBatch[]> {
    const rows: { first_leaf: string; leaves: number; frontier: Buffer; fence: string }[] = await this.session.query(
      'select first_leaf, leaves, frontier, fence from log_batch where first_leaf >= $1 order by first_leaf limit $2',
      [from, limit],
    );
    return rows.map(({ first_leaf, leaves, frontier, fence }) => ({
      firstLeaf: Number(first_leaf),
      leaves,
      frontier,
      fence: BigInt(fence),
    }));
  }

  async entries(begin: number, end: number): Promise<StoredEntries> {
    const [row]: { count: number; bytes: Buffer | null }[] = await this.session.query(
      `select count(*)::integer as count, string_agg(entry, ''::bytea order by index) as bytes
       from leaf where index >= $1 and index < $2`,
      [begin, end],
    );
    return { count: row?.count ?? 0, bytes: row?.bytes ?? Buffer.alloc(0) };
  }

  /** Whether the log continues another one: then its first leaf says so. */
  async isContinued(): Promise<boolean> {
    const rows: unknown[] = await this.session.query('select 1 from epoch_begin');
    return rows.length > 0;
  }

  /** Leaves that are said to begin or to end the log, and stand for something else; a beginning elsewhere than the logs before end, an end that is not the last leaf. */
  async brokenEpochs(): Promise<number[]> {
    const rows: { leaf: string }[] = await this.session.query(
      `select said.leaf
       from (
         select leaf, opening as envelope, not exists (${SAID_OTHERWISE}) as is_placed from epoch_begin
         union all
         select leaf, closing, leaf = (select max(index) from leaf) from epoch_end
       ) said
       left join leaf on index = said.leaf
       where not is_placed or message_hash is distinct from sha256(convert_to(envelope, 'UTF8'))
       order by said.leaf`,
    );
    return rows.map(({ leaf }) => Number(leaf));
  }

  /** Leaves before the first and behind the last batch. */
  async countOutside(size: number): Promise<number> {
    const [row]: { count: string }[] = await this.session.query(
      'select count(*) as count from leaf where index < 0 or index >= $1',
      [size],
    );
    return Number(row?.count ?? 0);
  }

  async places(begin: number, end: number): Promise<PlacedLeaves[]> {
    const rows: { topic: string; partition: number; first: string; last: string; is_ordered: boolean }[] =
      await this.session.query(PLACES, [begin, end]);
    return rows.map(({ topic, partition, first, last, is_ordered }) => ({
      topic,
      partition,
      first: BigInt(first),
      last: BigInt(last),
      isOrdered: is_ordered,
    }));
  }

  /** By topic, partition and offset, behind this one. */
  async ranges(after: StoredRange | undefined, limit: number): Promise<StoredRange[]> {
    const { topic, partition, from } = after ?? { topic: '', partition: -1, from: -1n };
    const rows: { topic: string; partition: number; from_offset: string; to_offset: string }[] =
      await this.session.query(
        `select topic, partition, from_offset, to_offset from consumed
         where (topic, partition, from_offset) > ($1, $2, $3) order by topic, partition, from_offset limit $4`,
        [topic, partition, from.toString(), limit],
      );
    return rows.map((row) => ({
      topic: row.topic,
      partition: row.partition,
      from: BigInt(row.from_offset),
      to: BigInt(row.to_offset),
    }));
  }

  /** Heads of more than `begin` leaves, up to `end`. */
  async checkpoints(begin: number, end: number): Promise<StoredCheckpoint[]> {
    const rows: { size: string; root: Buffer; note: Buffer }[] = await this.session.query(
      'select size, root, note from checkpoint where size > $1 and size <= $2 order by size',
      [begin, end],
    );
    return rows.map((row) => ({ ...row, size: Number(row.size) }));
  }

  /** Of how many producers how many leaves bear numbers. */
  async numbered(): Promise<{ readonly producers: number; readonly leaves: number }> {
    const [row]: { producers: string; leaves: string }[] = await this.session.query(
      'select count(distinct producer) as producers, count(*) as leaves from leaf where producer_sequence is not null',
    );
    return { producers: Number(row?.producers ?? 0), leaves: Number(row?.leaves ?? 0) };
  }

  /**
   * Numbers that do not follow the one before them, in the order of the log.
   *
   * @param settleSeconds what came later may still wait for others to come before it
   */
  async brokenNumbers(settleSeconds: number, limit: number): Promise<BrokenNumber[]> {
    const rows: { index: string; producer: string; number: string; before: string }[] = await this.session.query(
      BROKEN_NUMBERS,
      [settleSeconds, limit],
    );
    return rows.map((row) => ({ ...row, index: Number(row.index) }));
  }
}
