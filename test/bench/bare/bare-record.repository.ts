import pg from 'pg';
import type { ReceivedRecord } from '#libs/messaging';
import type { InsertMode } from './protocol.js';

const DATABASE = 'serai_bench_bare';
/** Partitions are consumed side by side. */
const CONNECTIONS = 4;
const INSERT = 'insert into record (id, value) values ($1, $2)';

/** A table with an id and the bytes, in a database of its own on the measured server. */
export class BareRecordRepository {
  private constructor(
    private readonly adminUrl: string,
    private readonly pool: pg.Pool,
  ) {}

  static async create(adminUrl: string): Promise<BareRecordRepository> {
    await administer(adminUrl, `create database ${DATABASE}`);
    const url = new URL(adminUrl);
    url.pathname = `/${DATABASE}`;
    const pool = new pg.Pool({ connectionString: url.href, max: CONNECTIONS });
    await pool.query('create table record (id uuid primary key, value text not null)');
    return new BareRecordRepository(adminUrl, pool);
  }

  async insert(mode: InsertMode, records: readonly ReceivedRecord[]): Promise<void> {
    if (mode === 'set-based') await this.insertAtOnce(records);
    else if (mode === 'statement-each') await this.insertInOneTransaction(records);
    else for (const record of records) await this.pool.query(INSERT, rowOf(record));
  }

  async count(): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>('select count(*)::int as count from record');
    return rows[0]!.count;
  }

  async clear(): Promise<void> {
    await this.pool.query('truncate record');
  }

  async drop(): Promise<void> {
    await this.pool.end();
    await administer(this.adminUrl, `drop database ${DATABASE}`);
  }

  private async insertAtOnce(records: readonly ReceivedRecord[]): Promise<void> {
    const rows = records.map(rowOf);
    const columns = [rows.map(([id]) => id), rows.map(([, value]) => value)];
    await this.pool.query('insert into record (id, value) select * from unnest($1::uuid[], $2::text[])', columns);
  }

  private async insertInOneTransaction(records: readonly ReceivedRecord[]): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      for (const record of records) await client.query(INSERT, rowOf(record));
      await client.query('commit');
    } finally {
      client.release();
    }
  }
}

const rowOf = ({ key, value }: ReceivedRecord): [string, string] => [key, value.toString('latin1')];

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
