import { hash } from 'node:crypto';
import pg from 'pg';

/** What a log without batches and trees does: one row and one commit per event, on one connection. */
export class BaselineRepository {
  private last = Buffer.alloc(32);

  private constructor(private readonly client: pg.Client) {}

  static async connect(url: string): Promise<BaselineRepository> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create table plain_row (id bigint generated always as identity primary key, value bytea)');
    await client.query(
      'create table chained_row (id bigint generated always as identity primary key, value bytea, hash bytea)',
    );
    return new BaselineRepository(client);
  }

  /** A row with the event's record. */
  async insertPlain(record: Buffer): Promise<void> {
    await this.client.query({
      name: 'plain',
      text: 'insert into plain_row (value) values ($1)',
      values: [record],
    });
  }

  /** A row whose hash covers that of the row before, which is locked meanwhile, as a service with several instances must. */
  async insertChained(record: Buffer): Promise<void> {
    await this.client.query('begin');
    await this.client.query({
      name: 'before',
      text: 'select hash from chained_row order by id desc limit 1 for update',
      values: [],
    });
    const next = hash('sha256', Buffer.concat([this.last, record]), 'buffer');
    await this.client.query({
      name: 'chained',
      text: 'insert into chained_row (value, hash) values ($1, $2)',
      values: [record, next],
    });
    await this.client.query('commit');
    this.last = next;
  }

  async end(): Promise<void> {
    await this.client.end();
  }
}
