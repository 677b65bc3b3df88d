import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Memory of the caller tokens of the last minutes, in the schema of the service that verifies them. New table: breaks nothing. */
export class CreateSpentTokens implements MigrationInterface {
  readonly name = 'CreateSpentTokens1764000000000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table spent_token (
        token     bytea       primary key,
        forget_at timestamptz not null
      )`);
    await session.query('create index spent_token_forget_at on spent_token (forget_at)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table spent_token');
  }
}
