import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Reports of participants that a feed does not fit. A new table: breaks nothing. */
export class CreateFeedDisputes implements MigrationInterface {
  readonly name = 'CreateFeedDisputes1795393000000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table feed_dispute (
        envelope_id    uuid        primary key,
        participant    text        not null,
        after_sequence bigint      not null,
        fault          text        not null,
        finding        text        not null,
        reported_at    timestamptz not null
      )`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table feed_dispute');
  }
}
