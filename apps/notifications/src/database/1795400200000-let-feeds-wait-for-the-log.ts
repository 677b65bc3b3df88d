import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where the record of each event lies, so that its entries can wait until it is in the log, and how far each feed has been in the log. What is there was shown already.
 * Adds columns only: breaks nothing.
 */
export class LetFeedsWaitForTheLog implements MigrationInterface {
  readonly name = 'LetFeedsWaitForTheLog1795400200000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(
      'alter table feed_event add column topic text, add column partition integer, add column record_offset bigint',
    );
    await session.query('alter table feed_head add column disclosed bigint not null default 0');
    await session.query('update feed_head set disclosed = sequence');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('alter table feed_head drop column disclosed');
    await session.query('alter table feed_event drop column topic, drop column partition, drop column record_offset');
  }
}
