import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the log signed, which only grows; and findings that are of no record, but of a witness or of the log as a whole. Breaks nothing. */
export class CreateCheckpoints implements MigrationInterface {
  readonly name = 'CreateCheckpoints1795400100000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table checkpoint (
        size      bigint      primary key,
        root      bytea       not null,
        note      bytea       not null,
        signed_at timestamptz not null default now(),
        constraint checkpoint_lengths check (size > 0 and octet_length(root) = 32)
      )`);
    await session.query(`
      create trigger checkpoint_only_grows before update or delete or truncate on checkpoint
      for each statement execute function refuse_change()`);
    await session.query('revoke update, delete, truncate on checkpoint from current_user');
    await session.query(`
      alter table finding
        alter column topic drop not null,
        alter column partition drop not null,
        alter column record_offset drop not null,
        add column witness text`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table checkpoint');
    await session.query('alter table finding drop column witness');
  }
}
