import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Statistics as they were issued: rows are only ever added, and no two periods overlap. Breaks nothing. */
export class CreateStatistics implements MigrationInterface {
  readonly name = 'CreateStatistics1795400500000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table statistics (
        begins_at timestamptz not null,
        ends_at   timestamptz not null,
        statement text        not null,
        issued_at timestamptz not null default now(),
        primary key (begins_at, ends_at),
        constraint statistics_apart exclude using gist (tstzrange(begins_at, ends_at) with &&)
      )`);
    await session.query(`
      create trigger statistics_only_grows before update or delete or truncate on statistics
      for each statement execute function refuse_change()`);
    await session.query('revoke update, delete, truncate on statistics from current_user');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table statistics');
  }
}
