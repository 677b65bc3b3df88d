import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who proposed and who handed in a change of the directory, and with which envelope. New table: breaks nothing. */
export class CreateDirectoryProposals implements MigrationInterface {
  readonly name = 'CreateDirectoryProposals1795392400000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table directory_proposal (
        change_id            uuid           primary key,
        change               jsonb          not null,
        proposed_by_subject  text,
        proposed_by          text,
        proposed_at          timestamptz(3),
        submitted_by_subject text,
        submitted_by         text,
        submitted_at         timestamptz(3),
        envelope_id          uuid,
        changed_at           timestamptz(3) not null
      )`);
    await session.query('create index directory_proposal_newest on directory_proposal (changed_at)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table directory_proposal');
  }
}
