import type { EntityManager } from 'typeorm';
import type { SequencedPosition } from '#libs/contracts';
import type { NumberMark } from '../producer/number-mark.entity.js';

/** How a log ended. */
export interface EpochEnd {
  /** The last one. */
  readonly leaf: number;
  readonly next: string;
  /** The signed envelope. */
  readonly closing: string;
}

/** What a log that continues another one begins with. */
export interface EpochBegin {
  /** The signed envelope. */
  readonly opening: string;
  /** The log before. */
  readonly origin: string;
  readonly schema: string;
  /** Leaves of it that count. */
  readonly size: number;
  readonly positions: readonly SequencedPosition[];
  /** What they have of each producer. */
  readonly producers: NumberMark['producers'];
}

type Database = Pick<EntityManager, 'query'>;

/** How the log began, undefined for one that continues none, or has not begun yet. */
export async function findEpochBegin(
  database: Database,
): Promise<Pick<EpochBegin, 'opening' | 'origin' | 'size'> | undefined> {
  const [row]: { opening: string; origin: string; size: string }[] = await database.query(
    'select opening, origin, size from epoch_begin',
  );
  return row && { ...row, size: Number(row.size) };
}

export async function findEpochEnd(database: Database): Promise<EpochEnd | undefined> {
  const [row]: { leaf: string; next: string; closing: string }[] = await database.query(
    'select leaf, next, closing from epoch_end',
  );
  return row && { ...row, leaf: Number(row.leaf) };
}

/** How far each partition is in the first leaves of a log, and of those that it continues. Records without a leaf behind the last one count as not read. */
export async function findPositionsAt(database: Database, size: number): Promise<SequencedPosition[]> {
  return database.query(
    `select topic, partition, max(next)::text as next
     from (
       select topic, partition, max(record_offset) + 1 as next from leaf where index < $1 group by topic, partition
       union all
       select p.topic, p.partition, p.next
       from epoch_begin, jsonb_to_recordset(positions) as p (topic text, partition integer, next bigint)
     ) place
     group by topic, partition order by topic, partition`,
    [size],
  );
}

/** Everything of a beginning but its leaf. From then on envelopes of the log before are known to be in it. */
export async function insertEpochBegin(tx: Database, begin: EpochBegin): Promise<void> {
  const { opening, origin, schema, size, positions, producers } = begin;
  await tx.query(
    `insert into epoch_begin (leaf, opening, origin, schema, size, positions, producers)
     values (0, $1, $2, $3, $4, $5, $6)`,
    [opening, origin, schema, size, JSON.stringify(positions), JSON.stringify(producers)],
  );
  // A view cannot have parameters; the server quotes what goes into it.
  const [row]: { statement: string }[] = await tx.query(
    `select format(
       'create or replace view earlier_leaf as
          select topic, partition, record_offset, envelope_id, message_hash from %1$I.leaf where index < %2$s
          union all select * from %1$I.earlier_leaf',
       $1::text, $2::bigint) as statement`,
    [schema, size],
  );
  await tx.query(row!.statement);
}
