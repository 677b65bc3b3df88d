import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was erased, and what must not be. New tables, and a wider check: breaks nothing; an older version that runs beside this one could show what is being erased. */
export class EraseContent implements MigrationInterface {
  readonly name = 'EraseContent1795394400000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table erased_leg (
        leg_id      uuid           primary key,
        reason      text           not null,
        erased_at   timestamptz(3) not null,
        records     integer        not null,
        finished_at timestamptz(3)
      )`);
    await session.query('create index erased_leg_unfinished on erased_leg (leg_id) where finished_at is null');
    await session.query('create table erased_record (record_id uuid primary key)');
    await session.query(`
      create table leg_hold (
        hold_id             uuid           primary key,
        leg_id              uuid           not null,
        placed_at           timestamptz(3) not null,
        placed_by           text           not null,
        placed_by_subject   text           not null,
        reason              text           not null,
        released_at         timestamptz(3),
        released_by         text,
        released_by_subject text,
        release_reason      text,
        constraint leg_hold_leg foreign key (leg_id) references leg
      )`);
    await session.query('create index leg_hold_of_leg on leg_hold (leg_id, hold_id)');
    await allow(session, `'CONSULTED', 'DENIED', 'EXPORTED', 'AUDIT_QUERIED', 'ERASED'`);
  }

  async down(session: QueryRunner): Promise<void> {
    await allow(session, `'CONSULTED', 'DENIED', 'EXPORTED', 'AUDIT_QUERIED'`);
    await session.query('drop table leg_hold, erased_record, erased_leg');
  }
}

async function allow(session: QueryRunner, actions: string): Promise<void> {
  await session.query('alter table access_log drop constraint access_log_action');
  await session.query(`alter table access_log add constraint access_log_action check (action in (${actions}))`);
}
