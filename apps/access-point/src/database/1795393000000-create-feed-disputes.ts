import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Breaks of the feed, with what came instead and the report to the hub. A new table: breaks nothing. */
export class CreateFeedDisputes implements MigrationInterface {
  readonly name = 'CreateFeedDisputes1795393000000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table feed_dispute (
        after_sequence bigint         primary key,
        head           text           not null,
        fault          text           not null,
        met_sequence   bigint,
        met_hash       text,
        met_event      text,
        met_cause      text,
        met_at         timestamptz(3) not null,
        envelope_id    uuid           not null
      )`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table feed_dispute');
  }
}
