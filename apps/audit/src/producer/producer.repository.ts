import type { DataSource } from 'typeorm';
import type { NumberMark } from './number-mark.entity.js';

/** A leaf whose envelope bears a number. */
export interface NumberedLeaf {
  readonly producer: string;
  readonly number: string;
  /** Hash of the envelope, base64url. */
  readonly hash: string;
}

/** Every query of the watch over producers. */
export class ProducerRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest mark of no more than so many leaves; at least what the logs before this one have. */
  async mark(size: number): Promise<NumberMark | undefined> {
    const [row]: NumberMark[] = await this.dataSource.query(
      `select size, producers from number_mark where size <= $1
       union all select 0, producers from epoch_begin order by size desc limit 1`,
      [size],
    );
    return row;
  }

  /** Takes the place of all marks before. */
  async setMark(size: number, producers: NumberMark['producers']): Promise<void> {
    await this.dataSource.query(
      'with old as (delete from number_mark where size <> $1) insert into number_mark (size, producers) values ($1, $2) on conflict do nothing',
      [size, JSON.stringify(producers)],
    );
  }

  /** Those from `begin` up to, not with, `end`, in the order of the log. */
  async numbered(begin: number, end: number): Promise<NumberedLeaf[]> {
    const rows: { producer: string; producer_sequence: string; message_hash: Buffer }[] = await this.dataSource.query(
      `select producer, producer_sequence, message_hash from leaf
       where index >= $1 and index < $2 and producer is not null and producer_sequence is not null
       order by index`,
      [begin, end],
    );
    return rows.map(({ producer, producer_sequence, message_hash }) => ({
      producer,
      number: producer_sequence,
      hash: message_hash.toString('base64url'),
    }));
  }

  /** Which envelopes with these ids are in the log, from whatever topic, as `id hash`. */
  async logged(ids: readonly string[]): Promise<Set<string>> {
    const rows: { envelope_id: string; message_hash: Buffer }[] = await this.dataSource.query(
      `select envelope_id, message_hash from leaf where envelope_id = any ($1::uuid[])
       union all select envelope_id, message_hash from earlier_leaf where envelope_id = any ($1::uuid[])`,
      [ids],
    );
    return new Set(rows.map(({ envelope_id, message_hash }) => `${envelope_id} ${message_hash.toString('base64url')}`));
  }
}
