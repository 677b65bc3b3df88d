import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Entries of the feed that were received and verified, and have not taken effect yet. A new table: breaks nothing. */
export class CreateFeedBacklog implements MigrationInterface {
  readonly name = 'CreateFeedBacklog1795393200000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table feed_backlog (
        sequence  bigint   primary key,
        hash      text     not null,
        event_jws text     not null,
        cause_jws text,
        turn      smallint not null,
        subject   text     not null
      )`);
    // Signed bytes do not compress.
    for (const column of ['event_jws', 'cause_jws']) {
      await session.query(`alter table feed_backlog alter column ${column} set storage external`);
    }
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table feed_backlog');
  }
}
