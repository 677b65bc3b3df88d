import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Allowances as effective-dated rows, and what was used of them. The seeded one is far above what one caller reaches on one machine (the bench drives
 * 500 exchanges a second through one officer and one participant): it stops a caller that runs wild, and nobody else. New tables: breaks nothing.
 */
export class CreateTraffic implements MigrationInterface {
  readonly name = 'CreateTraffic1764000100000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table traffic_policy (
        caller         text             not null,
        effective_from timestamptz      not null,
        per_second     double precision not null,
        burst          double precision not null,
        per_day        double precision not null,
        note           text             not null,
        primary key (caller, effective_from),
        constraint traffic_policy_positive check (per_second > 0 and burst >= 1 and per_day >= 1)
      )`);
    await session.query(`
      create table traffic_use (
        caller text             not null,
        day    date             not null,
        used   double precision not null,
        primary key (caller, day)
      )`);
    await session.query(`
      insert into traffic_policy (caller, effective_from, per_second, burst, per_day, note)
      values ('*', '2026-01-01T00:00:00Z', 5000, 20000, 100000000, 'Seeded. Ten times what npm run bench asks of one caller.')`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table traffic_use, traffic_policy');
  }
}
