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
  /** Offsets of records that are parked already. */
  readonly parked: ReadonlySet<bigint>;
  /** Offsets of records whose key an earlier record has parked. */
  readonly behind: ReadonlySet<bigint>;
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
  const { topic, partition } = candidates[0]!.record;
  const [row]: { fresh: string[]; parked: string[]; behind: string[] }[] = await tx.query(
    `with incoming as (
       select * from unnest($4::uuid[], $5::text[], $6::bigint[]) with ordinality as r (id, key, "offset", position)
     ), parked as (
       select i."offset" from incoming i
       join parked_message p on p.consumer = $1 and p.topic = $2 and p.partition = $3 and p."offset" = i."offset"
     ), behind as (
       select i."offset" from incoming i
       where $7 and exists (
         select from parked_message p
         where p.consumer = $1 and p.topic = $2 and p.key = i.key and (p.partition <> $3 or p."offset" < i."offset")
       )
     ), fresh as (
       insert into inbox_entry (consumer, message_id)
       select $1, id from incoming
       where id is not null
         and "offset" not in (select "offset" from parked)
         and "offset" not in (select "offset" from behind)
       order by position
       on conflict do nothing
       returning message_id
     )
     select array(select message_id::text from fresh) as fresh,
       array(select "offset" from parked) as parked,
       array(select "offset" from behind) as behind`,
    [
      consumer,
      topic,
      partition,
      candidates.map(({ messageId }) => messageId ?? null),
      candidates.map(({ record }) => record.key),
      candidates.map(({ record }) => record.offset.toString()),
      parkKeys,
    ],
  );
  return {
    fresh: new Set(row!.fresh),
    parked: new Set(row!.parked.map(BigInt)),
    behind: new Set(row!.behind.map(BigInt)),
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
