import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Outbox rows live for milliseconds, and base64url does not compress: they stay in their row, uncompressed, up to a page's size.
 * Changes how new rows are stored only: breaks nothing.
 */
export class KeepOutboxRecordsWhole implements MigrationInterface {
  readonly name = 'KeepOutboxRecordsWhole1795392000000';

  async up(session: QueryRunner): Promise<void> {
    await session.query('alter table outbox_record alter column value set storage external');
    await session.query('alter table outbox_record set (toast_tuple_target = 8160)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('alter table outbox_record reset (toast_tuple_target)');
    await session.query('alter table outbox_record alter column value set storage extended');
  }
}
