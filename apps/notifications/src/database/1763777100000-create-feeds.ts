import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Feeds of the participants: head, entries and the events they share. First of its kind: breaks nothing. */
export class CreateFeeds implements MigrationInterface {
  readonly name = 'CreateFeeds1763777100000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table feed_head (
        participant text   primary key,
        sequence    bigint not null,
        hash        text   not null
      )`);
    await session.query(`
      create table feed_event (
        id    uuid primary key,
        event text not null,
        cause text
      )`);
    await session.query(`
      create table feed_entry (
        participant text   not null,
        sequence    bigint not null,
        event_id    uuid   not null,
        hash        text   not null,
        primary key (participant, sequence)
      )`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table feed_entry, feed_event, feed_head');
  }
}
