import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { FeedDispute, FeedFault, FeedFinding } from '#libs/contracts';
import { orUnavailable } from '#libs/persistence';

/** A report and what was found. */
export interface JudgedDispute {
  readonly envelopeId: string;
  readonly participant: string;
  readonly afterSequence: number;
  readonly fault: FeedFault;
  readonly finding: FeedFinding;
  readonly reportedAt: Date;
}

/** Two neighbours of a feed: the entry at a position and the one behind it, as far as they are there. */
export interface Neighbours {
  readonly end: number;
  readonly hash: string | null;
  readonly next: { readonly hash: string; readonly event: string | null } | null;
}

const AWAY = orUnavailable('The disputes can not be read now. Try again later.');

/** Every query of disputes. */
@Injectable()
export class DisputeRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(tx: EntityManager, dispute: JudgedDispute): Promise<void> {
    const { envelopeId, participant, afterSequence, fault, finding, reportedAt } = dispute;
    await tx.query(
      `insert into feed_dispute (envelope_id, participant, after_sequence, fault, finding, reported_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [envelopeId, participant, afterSequence, fault, finding, reportedAt],
    );
  }

  async neighbours(tx: EntityManager, participant: string, sequence: number): Promise<Neighbours> {
    const [row]: { end: string; hash: string | null; nextHash: string | null; event: string | null }[] = await tx.query(
      `select coalesce((select sequence from feed_head where participant = $1), 0) as "end",
              (select hash from feed_entry where participant = $1 and sequence = $2) as hash,
              n.hash as "nextHash", e.event
         from (select 1) as one
              left join feed_entry n on n.participant = $1 and n.sequence = $2::bigint + 1
              left join feed_event e on e.id = n.event_id`,
      [participant, sequence],
    );
    const { end, hash, nextHash, event } = row!;
    return { end: Number(end), hash, next: nextHash === null ? null : { hash: nextHash, event } };
  }

  /** The newest first. */
  async newest(limit: number): Promise<FeedDispute[]> {
    const rows: JudgedDispute[] = await this.dataSource
      .query(
        `select envelope_id as "envelopeId", participant, after_sequence::float8 as "afterSequence", fault, finding,
                reported_at as "reportedAt"
           from feed_dispute order by reported_at desc, envelope_id desc limit $1`,
        [limit],
      )
      .catch(AWAY);
    return rows.map((row) => ({ ...row, reportedAt: row.reportedAt.toISOString() }));
  }

  async countByFinding(): Promise<{ finding: FeedFinding; count: number }[]> {
    return this.dataSource.query('select finding, count(*)::int as count from feed_dispute group by finding');
  }
}
