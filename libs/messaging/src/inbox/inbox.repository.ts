import type { EntityManager } from 'typeorm';
import type { ReceivedRecord } from '../records.js';

/** A record that asks to be handled: with the id of its message, or without when it is to be parked. */
export interface Candidate {
  readonly record: ReceivedRecord;
  readonly messageId: string | undefined;
}

export interface Admission {
  /** Message ids that nobody handled before; their inbox rows are now written. */
  readonly fresh: ReadonlySet<string>;
  /** Records that are parked already. */
  readonly parked: ReadonlySet<ReceivedRecord>;
  /** Records whose key an earlier record has parked. */
  readonly behind: ReadonlySet<ReceivedRecord>;
}

/**
 * Writes the inbox rows of what is new and says what is not; one round trip. A message that another transaction is handling right now is waited for.
 */
export async function admit(
  tx: EntityManager,
  consumer: string,
  candidates: readonly Candidate[],
  parkKeys: boolean,
): Promise<Admission> {
  const [row]: { fresh: string[]; parked: number[]; behind: number[] }[] = await tx.query(
    `with incoming as (
       select * from unnest($2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::text[])
         with ordinality as r (id, topic, partition, "offset", key, position)
     ), parked as (
       select i.position from incoming i
       join parked_message p
         on p.consumer = $1 and p.topic = i.topic and p.partition = i.partition and p."offset" = i."offset"
     ), behind as (
       select i.position from incoming i
       where $7 and exists (
         select from parked_message p
         where p.consumer = $1 and p.topic = i.topic and p.key = i.key and p.discarded_at is null
           and (p.partition <> i.partition or p."offset" < i."offset")
       )
     ), fresh as (
       insert into inbox_entry (consumer, message_id)
       select $1, id from incoming
       where id is not null
         and position not in (select position from parked)
         and position not in (select position from behind)
       order by id
       on conflict do nothing
       returning message_id
     )
     select array(select message_id::text from fresh) as fresh,
       array(select position::int from parked) as parked,
       array(select position::int from behind) as behind`,
    [
      consumer,
      candidates.map(({ messageId }) => messageId ?? null),
      candidates.map(({ record }) => record.topic),
      candidates.map(({ record }) => record.partition),
      candidates.map(({ record }) => record.offset.toString()),
      candidates.map(({ record }) => record.key),
      parkKeys,
    ],
  );
  const recordAt = (position: number) => candidates[position - 1]!.record;
  return {
    fresh: new Set(row!.fresh),
    parked: new Set(row!.parked.map(recordAt)),
    behind: new Set(row!.behind.map(recordAt)),
  };
}

/** Writes one inbox row; false when the message was handled before. */
export async function enterInbox(tx: EntityManager, consumer: string, messageId: string): Promise<boolean> {
  const rows: unknown[] = await tx.query(
    `insert into inbox_entry (consumer, message_id) values ($1, $2)
     on conflict do nothing
     returning message_id`,
    [consumer, messageId],
  );
  return rows.length > 0;
}
