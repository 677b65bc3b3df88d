import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Signed events are written once and do not compress: they stay in their row up to a page's size. Changes how new rows are stored only:
 * breaks nothing.
 */
export class KeepFeedEventsWhole implements MigrationInterface {
  readonly name = 'KeepFeedEventsWhole1795392100000';

  async up(session: QueryRunner): Promise<void> {
    for (const column of ['event', 'cause']) {
      await session.query(`alter table feed_event alter column ${column} set storage external`);
    }
    await session.query('alter table feed_event set (toast_tuple_target = 8160)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('alter table feed_event reset (toast_tuple_target)');
    for (const column of ['event', 'cause']) {
      await session.query(`alter table feed_event alter column ${column} set storage extended`);
    }
  }
}
