import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { LogRecord } from '#libs/evidence';
import { orUnavailable } from '#libs/persistence';

/** A leaf and what opens it, still wrapped. */
export interface SaltedLeaf {
  readonly index: number;
  readonly record: LogRecord;
  readonly wrappedSalt: Buffer;
}

/** A leaf with everything that belongs to it. */
export interface StoredLeaf {
  readonly index: number;
  readonly record: LogRecord;
  /** 33 bytes. */
  readonly entry: Buffer;
  /** Undefined once it was erased. */
  readonly wrappedSalt: Buffer | undefined;
}

interface LeafRow {
  readonly index: string;
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly accepted_at: Date;
  readonly message_hash: Buffer;
  readonly envelope_id: string | null;
  readonly type: string | null;
  readonly producer: string | null;
  readonly producer_sequence: string | null;
  readonly wrapped: Buffer;
}

interface StoredRow extends Omit<LeafRow, 'wrapped'> {
  readonly entry: Buffer;
  readonly wrapped: Buffer | null;
}

const AWAY = orUnavailable('The log can not be read now. Try again later.');

/** Every query of the leaves but the one that adds them, which is in `sequencing`. */
@Injectable()
export class LeafRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Entries of the leaves from `begin` up to, not with, `end`; 33 bytes each.
   *
   * @returns fewer where the log is shorter
   */
  async entries(begin: number, end: number): Promise<Buffer[]> {
    const rows: { entry: Buffer }[] = await this.dataSource.query(
      'select entry from leaf where index >= $1 and index < $2 order by index',
      [begin, end],
    );
    return rows.map(({ entry }) => entry);
  }

  /** Leaves of envelopes with these ids that have not been erased, in the order of the log. */
  async ofEnvelopes(ids: readonly string[]): Promise<SaltedLeaf[]> {
    const rows: LeafRow[] = await this.dataSource
      .query(
        `select index, topic, partition, record_offset, accepted_at, message_hash, envelope_id, type, producer, producer_sequence, wrapped
         from leaf join leaf_salt on leaf_salt.leaf = leaf.index
         where envelope_id = any ($1::uuid[])
         order by index`,
        [ids],
      )
      .catch(AWAY);
    return rows.map((row) => ({ index: Number(row.index), record: recordOf(row), wrappedSalt: row.wrapped }));
  }

  /** How many leaves there are, and how many salts of no leaf. */
  async saltCounts(): Promise<{ readonly leaves: number; readonly stray: number }> {
    const [row]: { leaves: string; stray: string }[] = await this.dataSource.query(
      `select (select coalesce(max(index) + 1, 0) from leaf) as leaves,
         (select count(*) from leaf_salt where not exists (select from leaf where index = leaf_salt.leaf)) as stray`,
    );
    return { leaves: Number(row?.leaves ?? 0), stray: Number(row?.stray ?? 0) };
  }

  /** The leaves from `begin` up to, not with, `end`, as far as they are there. */
  async stored(begin: number, end: number): Promise<StoredLeaf[]> {
    const rows: StoredRow[] = await this.dataSource
      .query(
        `select index, entry, topic, partition, record_offset, accepted_at, message_hash, envelope_id, type, producer, producer_sequence, wrapped
         from leaf left join leaf_salt on leaf_salt.leaf = leaf.index
         where index >= $1 and index < $2
         order by index`,
        [begin, end],
      )
      .catch(AWAY);
    return rows.map((row) => ({
      index: Number(row.index),
      record: recordOf(row),
      entry: row.entry,
      wrappedSalt: row.wrapped ?? undefined,
    }));
  }
}

function recordOf(row: Omit<LeafRow, 'wrapped'>): LogRecord {
  return {
    acceptedAt: row.accepted_at.toISOString(),
    ...(row.envelope_id === null ? {} : { id: row.envelope_id }),
    messageHash: row.message_hash.toString('base64url'),
    offset: row.record_offset,
    partition: row.partition,
    ...(row.producer === null ? {} : { producer: row.producer }),
    ...(row.producer_sequence === null ? {} : { producerSequence: row.producer_sequence }),
    topic: row.topic,
    ...(row.type === null ? {} : { type: row.type }),
  };
}
