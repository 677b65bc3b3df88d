import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { MAX_FEED_PAGE } from '#libs/contracts';
import { FEED_GENESIS } from '#libs/envelope';
import { announceCommit } from '#libs/messaging';
import { atCommit, orUnavailable } from '#libs/persistence';
import type { RecordPlace } from '../disclosure/record-place.js';
import type { AddressedEvent, FeedEnd, FeedGrowth, WrittenEntry } from './feed-growth.js';

/** Every commit in which feeds grew is announced here: where they end now, as a JSON array of {@link FeedEnd}; nothing where readers must look. */
export const FEED_GROWN = 'serai_notifications_feed_grown';

/** A page of a feed is held in memory for each reader. */
const PAGE_BYTES = 1_048_576;

const AWAY = orUnavailable('The feed can not be read now. Try again later.');

const ENTRIES_AFTER = `
  select sequence, hash, event, cause, event_id as "eventId", topic, partition, record_offset as "offset"
  from (
    select f.sequence, f.hash, f.event_id, e.event, e.cause, e.topic, e.partition, e.record_offset,
      sum(length(e.event) + coalesce(length(e.cause), 0))
        over (order by f.sequence rows between unbounded preceding and 1 preceding) as bytes_before
    from feed_entry f join feed_event e on e.id = f.event_id
    where f.participant = $1 and f.sequence > $2
    order by f.sequence limit $3
  ) page
  where bytes_before is null or bytes_before < $4
  order by sequence`;

/** Where a feed may be read to: up to the entry before the first whose record is not in the log, looked for behind what was found before. */
const DISCLOSED_END = `
  with head as (
    select sequence, hash, disclosed from feed_head where participant = $1
  ), withheld as (
    select f.sequence from head, feed_entry f
      join feed_event e on e.id = f.event_id
      left join unnest($2::text[], $3::int[], $4::bigint[]) as l (topic, partition, next)
        on l.topic = e.topic and l.partition = e.partition
     where f.participant = $1 and f.sequence > head.disclosed
       and e.topic is not null and e.record_offset >= coalesce(l.next, 0)
     order by f.sequence limit 1
  )
  select $1 as participant, head.disclosed, coalesce(w.sequence - 1, head.sequence) as sequence,
         case when w.sequence is null then head.hash else
           (select hash from feed_entry where participant = $1 and sequence = w.sequence - 1) end as hash
    from head left join withheld w on true`;

interface HeadRow {
  readonly participant: string;
  readonly sequence: string;
  readonly hash: string;
}

type EntryRow = PlaceRow & {
  readonly sequence: string;
  readonly hash: string;
  readonly event: string;
  readonly cause: string | null;
  readonly eventId: string;
};

type PlaceRow =
  | { readonly topic: string; readonly partition: number; readonly offset: string }
  | { readonly topic: null; readonly partition: null; readonly offset: null };

/** Every query of the feeds. */
@Injectable()
export class FeedRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Locks the ends of feeds, begun where new. Always in the same order, so that two batches never wait for each other in a circle. */
  async lockEnds(tx: EntityManager, participants: readonly string[]): Promise<FeedEnd[]> {
    const found = await this.lockBegun(tx, participants);
    if (found.length === participants.length) return found;
    await tx.query(
      `insert into feed_head (participant, sequence, hash)
       select participant, 0, $2 from unnest($1::text[]) as participant order by participant
       on conflict (participant) do nothing`,
      [participants, FEED_GENESIS],
    );
    return this.lockBegun(tx, participants);
  }

  private async lockBegun(tx: EntityManager, participants: readonly string[]): Promise<FeedEnd[]> {
    const rows: HeadRow[] = await tx.query(
      'select participant, sequence, hash from feed_head where participant = any($1) order by participant for update',
      [participants],
    );
    return rows.map(toEnd);
  }

  /** Writes what {@link lockEnds}' feeds grew by with the commit, and tells the readers. */
  async append(tx: EntityManager, events: readonly AddressedEvent[], { entries, ends }: FeedGrowth): Promise<void> {
    await atCommit(
      tx,
      `with shared as (
         insert into feed_event (id, event, cause, topic, partition, record_offset)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[])
         on conflict (id) do nothing
       ), grown as (
         insert into feed_entry (participant, sequence, event_id, hash)
         select * from unnest($7::text[], $8::bigint[], $9::uuid[], $10::text[])
       )
       update feed_head set sequence = e.sequence, hash = e.hash
       from unnest($11::text[], $12::bigint[], $13::text[]) as e (participant, sequence, hash)
       where feed_head.participant = e.participant`,
      [
        events.map(({ id }) => id),
        events.map(({ event }) => event),
        events.map(({ cause }) => cause ?? null),
        events.map(({ place }) => place.topic),
        events.map(({ place }) => place.partition),
        events.map(({ place }) => place.offset.toString()),
        entries.map(({ participant }) => participant),
        entries.map(({ sequence }) => sequence),
        entries.map(({ eventId }) => eventId),
        entries.map(({ hash }) => hash),
        ends.map(({ participant }) => participant),
        ends.map(({ sequence }) => sequence),
        ends.map(({ hash }) => hash),
      ],
      () => announceCommit(tx.dataSource, FEED_GROWN, JSON.stringify(ends)),
    );
  }

  /** Where feeds end now; a feed that has not begun is missing. */
  async ends(participants: readonly string[]): Promise<FeedEnd[]> {
    const sql = 'select participant, sequence, hash from feed_head where participant = any($1)';
    const rows: HeadRow[] = await this.dataSource.query(sql, [participants]).catch(AWAY);
    return rows.map(toEnd);
  }

  async end(participant: string): Promise<FeedEnd> {
    const [end] = await this.ends([participant]);
    return end ?? { participant, sequence: 0, hash: FEED_GENESIS };
  }

  /**
   * Where a feed may be read to: nothing up to there waits for the log. Remembered now and then, so that it need not be looked for from the beginning, and a log that
   * was put back to an earlier state does not take back what was shown.
   *
   * @param next the record with which each partition goes on that is not in the log yet
   */
  async disclosedEnd(participant: string, next: readonly RecordPlace[]): Promise<FeedEnd> {
    const [row]: (HeadRow & { disclosed: string })[] = await this.dataSource
      .query(DISCLOSED_END, [
        participant,
        next.map(({ topic }) => topic),
        next.map(({ partition }) => partition),
        next.map(({ offset }) => offset.toString()),
      ])
      .catch(AWAY);
    if (row === undefined) return { participant, sequence: 0, hash: FEED_GENESIS };
    const end = toEnd(row);
    if (end.sequence - Number(row.disclosed) > MAX_FEED_PAGE) await this.remember(end);
    return { ...end, hash: end.sequence === 0 ? FEED_GENESIS : end.hash };
  }

  private async remember({ participant, sequence }: FeedEnd): Promise<void> {
    const sql = 'update feed_head set disclosed = $2 where participant = $1 and disclosed < $2';
    await this.dataSource.query(sql, [participant, sequence]).catch(AWAY);
  }

  /**
   * Up to `limit` entries after a position, in order; without a gap, because a feed's rows are committed in the order of its lock. Fewer where
   * envelopes are large: a page ends with the entry that takes it past {@link PAGE_BYTES}.
   */
  async entriesAfter(participant: string, after: number, limit: number): Promise<WrittenEntry[]> {
    const rows: EntryRow[] = await this.dataSource
      .query(ENTRIES_AFTER, [participant, after, limit, PAGE_BYTES])
      .catch(AWAY);
    return rows.map(toEntry);
  }
}

function toEntry({ sequence, hash, event, cause, eventId, topic, partition, offset }: EntryRow): WrittenEntry {
  return {
    entry: { sequence: Number(sequence), hash, event, ...(cause === null ? {} : { cause }) },
    eventId,
    place: topic === null ? undefined : { topic, partition, offset: BigInt(offset) },
  };
}

function toEnd({ participant, sequence, hash }: HeadRow): FeedEnd {
  return { participant, sequence: Number(sequence), hash };
}
