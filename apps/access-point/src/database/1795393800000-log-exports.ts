import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The access log tells also of evidence that was handed out. Widens what may be written: breaks nothing. */
export class LogExports implements MigrationInterface {
  readonly name = 'LogExports1795393800000';

  async up(session: QueryRunner): Promise<void> {
    await allow(session, `'CONSULTED', 'DENIED', 'EXPORTED'`);
  }

  async down(session: QueryRunner): Promise<void> {
    await allow(session, `'CONSULTED', 'DENIED'`);
  }
}

async function allow(session: QueryRunner, actions: string): Promise<void> {
  await session.query('alter table access_log drop constraint access_log_action');
  await session.query(`alter table access_log add constraint access_log_action check (action in (${actions}))`);
}
