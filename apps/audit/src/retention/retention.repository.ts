import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Checkpoint } from '#libs/transparency-log';

/** Leaves that are to be pruned together. */
export interface PruneDecision {
  readonly begin: number;
  readonly end: number;
  readonly acceptedBefore: Date;
  readonly retentionDays: number;
  /** Witnessed. */
  readonly head: Pick<Checkpoint, 'size' | 'root'>;
}

/** What is kept of the log's leaves, and what no longer. */
@Injectable()
export class RetentionRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The first leaf that was not decided to be pruned. */
  async prunedTo(): Promise<number> {
    const [row]: { end: string }[] = await this.dataSource.query(
      'select coalesce(max(end_leaf), 0) as end from pruned_range',
    );
    return Number(row!.end);
  }

  /** The first leaf whose record was accepted at that time or later; undefined where all are older. */
  async firstSince(at: Date): Promise<number | undefined> {
    const [row]: { index: string | null }[] = await this.dataSource.query(
      'select min(index) as index from leaf where accepted_at >= $1',
      [at],
    );
    return row!.index === null ? undefined : Number(row!.index);
  }

  async decide({ begin, end, acceptedBefore, retentionDays, head }: PruneDecision): Promise<void> {
    await this.dataSource.query(
      `insert into pruned_range (first_leaf, end_leaf, accepted_before, retention_days, head_size, head_root)
       values ($1, $2, $3, $4, $5, $6)`,
      [begin, end, acceptedBefore, retentionDays, head.size, head.root],
    );
  }

  /** The first salt that is there of leaves from `begin` up to, not with, `end`. */
  async firstSalt(begin: number, end: number): Promise<number | undefined> {
    const [row]: { leaf: string | null }[] = await this.dataSource.query(
      'select min(leaf) as leaf from leaf_salt where leaf >= $1 and leaf < $2',
      [begin, end],
    );
    return row!.leaf === null ? undefined : Number(row!.leaf);
  }

  async countSalts(begin: number, end: number): Promise<number> {
    const [row]: { count: string }[] = await this.dataSource.query(
      'select count(*) as count from leaf_salt where leaf >= $1 and leaf < $2',
      [begin, end],
    );
    return Number(row!.count);
  }

  /** @returns how many there were */
  async destroySalts(begin: number, end: number): Promise<number> {
    const [, count]: [unknown, number] = await this.dataSource.query(
      'delete from leaf_salt where leaf >= $1 and leaf < $2',
      [begin, end],
    );
    return count;
  }

  /** Has the database give the room of what was destroyed to what comes. */
  async vacuum(): Promise<void> {
    await this.dataSource.query('vacuum leaf_salt');
  }

  /** Ranges that do not follow each other from leaf 0 on, or were decided under a head that the log never signed; by their first leaves. */
  async brokenRanges(): Promise<number[]> {
    const rows: { first_leaf: string }[] = await this.dataSource.query(
      `select first_leaf
         from (select *, coalesce(lag(end_leaf) over (order by first_leaf), 0) as expected from pruned_range) as range
        where first_leaf <> expected
           or not exists (select from checkpoint c where c.size = head_size and c.root = head_root)
        order by first_leaf`,
    );
    return rows.map((row) => Number(row.first_leaf));
  }
}
