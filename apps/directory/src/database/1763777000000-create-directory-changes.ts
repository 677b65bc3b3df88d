import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The ordered list of signed changes. Its key keeps two instances from giving a version twice. First of its kind: breaks nothing. */
export class CreateDirectoryChanges implements MigrationInterface {
  readonly name = 'CreateDirectoryChanges1763777000000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table directory_change (
        version     integer     primary key,
        head        text        not null,
        change      jsonb       not null,
        accepted_at timestamptz not null
      )`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table directory_change');
  }
}
