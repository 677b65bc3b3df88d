import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { FeedEntry } from '#libs/contracts';
import { FEED_GENESIS } from '#libs/envelope';
import { announceCommit } from '#libs/messaging';
import { atCommit, orUnavailable } from '#libs/persistence';
import type { AddressedEvent, FeedEnd, FeedGrowth } from './feed-growth.js';

/** Every commit in which feeds grew is announced here: where they end now, as a JSON array of {@link FeedEnd}; nothing where readers must look. */
export const FEED_GROWN = 'serai_notifications_feed_grown';

/** A page of a feed is held in memory for each reader. */
const PAGE_BYTES = 1_048_576;

const AWAY = orUnavailable('The feed can not be read now. Try again later.');

const ENTRIES_AFTER = `
  select sequence, hash, event, cause
  from (
    select f.sequence, f.hash, e.event, e.cause,
      sum(length(e.event) + coalesce(length(e.cause), 0))
        over (order by f.sequence rows between unbounded preceding and 1 preceding) as bytes_before
    from feed_entry f join feed_event e on e.id = f.event_id
    where f.participant = $1 and f.sequence > $2
    order by f.sequence limit $3
  ) page
  where bytes_before is null or bytes_before < $4
  order by sequence`;

interface HeadRow {
  readonly participant: string;
  readonly sequence: string;
  readonly hash: string;
}

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
         insert into feed_event (id, event, cause)
         select * from unnest($1::uuid[], $2::text[], $3::text[])
         on conflict (id) do nothing
       ), grown as (
         insert into feed_entry (participant, sequence, event_id, hash)
         select * from unnest($4::text[], $5::bigint[], $6::uuid[], $7::text[])
       )
       update feed_head set sequence = e.sequence, hash = e.hash
       from unnest($8::text[], $9::bigint[], $10::text[]) as e (participant, sequence, hash)
       where feed_head.participant = e.participant`,
      [
        events.map(({ id }) => id),
        events.map(({ event }) => event),
        events.map(({ cause }) => cause ?? null),
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
   * Up to `limit` entries after a position, in order; without a gap, because a feed's rows are committed in the order of its lock. Fewer where
   * envelopes are large: a page ends with the entry that takes it past {@link PAGE_BYTES}.
   */
  async entriesAfter(participant: string, after: number, limit: number): Promise<FeedEntry[]> {
    const rows: { sequence: string; hash: string; event: string; cause: string | null }[] = await this.dataSource
      .query(ENTRIES_AFTER, [participant, after, limit, PAGE_BYTES])
      .catch(AWAY);
    return rows.map(({ sequence, hash, event, cause }) => ({
      sequence: Number(sequence),
      hash,
      event,
      ...(cause === null ? {} : { cause }),
    }));
  }
}

function toEnd({ participant, sequence, hash }: HeadRow): FeedEnd {
  return { participant, sequence: Number(sequence), hash };
}
