import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far own messages were found in the log. A new table: breaks nothing. */
export class CreateLoggedMessage implements MigrationInterface {
  readonly name = 'CreateLoggedMessage1795393900000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table logged_message (
        id                integer primary key,
        producer_sequence bigint  not null,
        constraint logged_message_single check (id = 1)
      )`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table logged_message');
  }
}
