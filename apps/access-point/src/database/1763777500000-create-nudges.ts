import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How desks are to be nudged, and contacts that the hub has given up. New tables: breaks nothing. */
export class CreateNudges implements MigrationInterface {
  readonly name = 'CreateNudges1763777500000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table desk_nudges (
        envelope_id    uuid           primary key,
        desk           text           not null,
        nudges         jsonb          not null,
        effective_from timestamptz(3),
        officer        text           not null,
        set_at         timestamptz(3) not null
      )`);
    await session.query('create index desk_nudges_of_desk on desk_nudges (desk, set_at)');
    await session.query(`
      create table disabled_contact (
        event_id    uuid           primary key,
        desk        text           not null,
        contact     text           not null,
        disabled_at timestamptz(3) not null,
        reason      text           not null
      )`);
    await session.query('create index disabled_contact_of_desk on disabled_contact (desk, disabled_at)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table disabled_contact, desk_nudges');
  }
}
