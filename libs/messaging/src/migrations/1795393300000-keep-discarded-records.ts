import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Parked records that an operator has closed stay as evidence, with who closed them and why. Adds columns: breaks nothing. */
export class KeepDiscardedRecords implements MigrationInterface {
  readonly name = 'KeepDiscardedRecords1795393300000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      alter table parked_message
        add column discarded_at   timestamptz,
        add column discarded_by   text,
        add column discard_reason text`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query(`
      alter table parked_message drop column discarded_at, drop column discarded_by, drop column discard_reason`);
  }
}
