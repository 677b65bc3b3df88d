import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ciphertext that participants upload, how far each is, and until when it is kept. A new table: breaks nothing. */
export class CreateAttachments implements MigrationInterface {
  readonly name = 'CreateAttachments1764000900000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table attachment (
        owner         text        not null,
        attachment_id uuid        not null,
        blob_id       uuid        not null,
        sha256        text        not null,
        bytes         integer     not null,
        received      integer     not null,
        named_at      timestamptz,
        expires_at    timestamptz not null,
        constraint attachment_pkey primary key (owner, attachment_id),
        constraint attachment_received check (received between 0 and bytes)
      )`);
    await session.query('create index attachment_expiry on attachment (expires_at)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table attachment');
  }
}
