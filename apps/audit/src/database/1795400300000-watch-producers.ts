import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Findings about producers, each written down once; and up to where their numbers were looked at, which can be derived again. Breaks nothing. */
export class WatchProducers implements MigrationInterface {
  readonly name = 'WatchProducers1795400300000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      alter table finding
        add column about text,
        add column producer text,
        add column number text`);
    await session.query('create unique index finding_once on finding (kind, about)');
    await session.query('create table number_mark (size bigint primary key, producers jsonb not null)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table number_mark');
    await session.query('drop index finding_once');
    await session.query('alter table finding drop column about, drop column producer, drop column number');
  }
}
