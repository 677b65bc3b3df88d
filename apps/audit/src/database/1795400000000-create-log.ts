import type { MigrationInterface, QueryRunner } from 'typeorm';

const APPEND_ONLY = ['leaf', 'fence', 'log_batch', 'consumed', 'finding'];

/**
 * The log: leaves, the batches that they came in, how far each partition was read, who may write, and what was found wrong. Rows of these are only ever added: the
 * role gives up the rights to change them, and triggers refuse whoever has them still. Salts may go, one by one, when a record is erased. First of its kind:
 * breaks nothing.
 */
export class CreateLog implements MigrationInterface {
  readonly name = 'CreateLog1795400000000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table leaf (
        index             bigint      primary key,
        entry             bytea       not null,
        topic             text        not null,
        partition         integer     not null,
        record_offset     bigint      not null,
        accepted_at       timestamptz not null,
        message_hash      bytea       not null,
        envelope_id       uuid,
        type              text,
        producer          text,
        producer_sequence text,
        constraint leaf_lengths check (octet_length(entry) = 33 and octet_length(message_hash) = 32)
      )`);
    await session.query('create unique index leaf_place on leaf (topic, partition, record_offset)');
    await session.query('create index leaf_envelope on leaf (envelope_id)');
    await session.query('create table leaf_salt (leaf bigint primary key, wrapped bytea not null)');
    await session.query('create table fence (number bigint primary key, taken_at timestamptz not null default now())');
    await session.query(`
      create table log_batch (
        first_leaf   bigint      primary key,
        leaves       integer     not null,
        frontier     bytea       not null,
        fence        bigint      not null,
        sequenced_at timestamptz not null default now(),
        constraint log_batch_grows check (leaves > 0)
      )`);
    await session.query(`
      create table consumed (
        topic       text    not null,
        partition   integer not null,
        from_offset bigint  not null,
        to_offset   bigint  not null,
        fence       bigint  not null,
        primary key (topic, partition, from_offset),
        constraint consumed_forward check (to_offset > from_offset)
      )`);
    await session.query(`
      create table finding (
        id            bigint      generated always as identity primary key,
        kind          text        not null,
        topic         text        not null,
        partition     integer     not null,
        record_offset bigint      not null,
        found_at      timestamptz not null default now()
      )`);
    await session.query(`
      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'rows of % are only ever added', tg_table_name using errcode = 'insufficient_privilege';
      end $$`);
    for (const table of APPEND_ONLY) await this.closeForChange(session, table);
  }

  async down(session: QueryRunner): Promise<void> {
    for (const table of [...APPEND_ONLY, 'leaf_salt']) await session.query(`drop table ${table}`);
    await session.query('drop function refuse_change');
  }

  private async closeForChange(session: QueryRunner, table: string): Promise<void> {
    await session.query(`
      create trigger ${table}_only_grows before update or delete or truncate on ${table}
      for each statement execute function refuse_change()`);
    await session.query(`revoke update, delete, truncate on ${table} from current_user`);
  }
}
