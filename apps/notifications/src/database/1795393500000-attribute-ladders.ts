import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who set a ladder of the community, when and why; the seeded one came with the software. New columns: breaks nothing. */
export class AttributeLadders implements MigrationInterface {
  readonly name = 'AttributeLadders1795393500000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      alter table ladder_profile
        add column set_at timestamptz(3),
        add column set_by text,
        add column reason text`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('alter table ladder_profile drop column set_at, drop column set_by, drop column reason');
  }
}
