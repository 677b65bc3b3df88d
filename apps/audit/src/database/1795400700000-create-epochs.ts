import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a log began behind another one, how it ended, and what is in the logs before it: nothing where it is the first one. Breaks nothing. */
export class CreateEpochs implements MigrationInterface {
  readonly name = 'CreateEpochs1795400700000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table epoch_begin (
        leaf      bigint      primary key,
        opening   text        not null,
        origin    text        not null,
        schema    text        not null,
        size      bigint      not null,
        positions jsonb       not null,
        producers jsonb       not null,
        opened_at timestamptz not null default now(),
        constraint epoch_begin_first check (leaf = 0)
      )`);
    await session.query(`
      create table epoch_end (
        leaf      bigint      primary key,
        next      text        not null,
        closing   text        not null,
        closed_at timestamptz not null default now()
      )`);
    await session.query('create unique index epoch_end_once on epoch_end ((true))');
    await session.query(`
      create view earlier_leaf as
      select topic, partition, record_offset, envelope_id, message_hash from leaf where false`);
    for (const table of ['epoch_begin', 'epoch_end']) {
      await session.query(`
        create trigger ${table}_only_grows before update or delete or truncate on ${table}
        for each statement execute function refuse_change()`);
      await session.query(`revoke update, delete, truncate on ${table} from current_user`);
    }
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop view earlier_leaf');
    await session.query('drop table epoch_end');
    await session.query('drop table epoch_begin');
  }
}
