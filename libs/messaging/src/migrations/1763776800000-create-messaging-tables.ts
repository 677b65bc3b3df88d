import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Inbox, outbox, parked messages and producer chains of one service, in the schema of the connection's search path.
 * First of its kind: breaks nothing.
 */
export class CreateMessagingTables implements MigrationInterface {
  readonly name = 'CreateMessagingTables1763776800000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table inbox_entry (
        consumer   text        not null,
        message_id uuid        not null,
        handled_at timestamptz not null default now(),
        primary key (consumer, message_id)
      )`);
    await session.query(`
      create table outbox_record (
        id         bigint      generated always as identity primary key,
        topic      text        not null,
        key        text        not null,
        value      bytea       not null,
        headers    jsonb       not null,
        created_at timestamptz not null default now()
      )`);
    await session.query(`
      create table parked_message (
        id          bigint      generated always as identity primary key,
        consumer    text        not null,
        topic       text        not null,
        partition   integer     not null,
        "offset"    bigint      not null,
        key         text        not null,
        value       bytea       not null,
        headers     jsonb       not null,
        appended_at timestamptz not null,
        code        text        not null,
        parked_at   timestamptz not null default now(),
        constraint parked_message_position unique (consumer, topic, partition, "offset")
      )`);
    await session.query('create index parked_message_key on parked_message (consumer, topic, key)');
    await session.query(`
      create table producer_position (
        producer text   primary key,
        sequence bigint not null,
        hash     text   not null
      )`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table producer_position, parked_message, outbox_record, inbox_entry');
  }
}
