import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Live events are numbered in the order of their commits, under one lock, where a number of the transaction and one of a sequence were needed before.
 * Breaks the places that officers' streams had reached: they begin anew.
 */
export class OrderLiveEventsByCommit implements MigrationInterface {
  readonly name = 'OrderLiveEventsByCommit1795393300000';

  async up(session: QueryRunner): Promise<void> {
    await session.query('drop index live_event_order');
    await session.query('alter table live_event drop column transaction');
    await session.query('alter table live_event alter column position drop identity');
    await session.query(`
      create table live_position (
        id       integer primary key,
        position bigint  not null,
        constraint live_position_single check (id = 1)
      )`);
    await session.query('insert into live_position select 1, coalesce(max(position), 0) from live_event');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table live_position');
    await session.query('alter table live_event alter column position add generated always as identity');
    await session.query(
      `select setval(pg_get_serial_sequence('live_event', 'position'), coalesce(max(position), 0) + 1) from live_event`,
    );
    await session.query('alter table live_event add column transaction bigint not null default 0');
    await session.query('alter table live_event alter column transaction drop default');
    await session.query('create index live_event_order on live_event (transaction, position)');
  }
}
