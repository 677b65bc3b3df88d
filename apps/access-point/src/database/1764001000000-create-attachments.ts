import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Uploads of officers, and attachments of messages with how far their ciphertext has been carried; the access log and live events learn of them. Adds tables and a
 * column that may be empty, and widens a check: programs before it go on.
 */
export class CreateAttachments implements MigrationInterface {
  readonly name = 'CreateAttachments1764001000000';

  async up(session: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await session.query(statement);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table attachment, attachment_draft');
    await session.query('alter table access_log drop column attachment_id');
    await session.query(`delete from live_event where kind = 'attachment.changed'`);
    await session.query('alter table live_event drop constraint live_event_kind');
    await session.query(
      `alter table live_event add constraint live_event_kind check (kind in ('leg.changed', 'envelope.changed'))`,
    );
  }
}

const STATEMENTS = [
  `create table attachment_draft (
     attachment_id    uuid           primary key,
     subject          text           not null,
     state            text           not null,
     bytes            integer        not null,
     received         integer        not null,
     staged_blob_id   uuid           not null,
     staged           boolean        not null,
     blob_id          uuid           not null,
     ciphertext_bytes integer,
     sha256           text,
     expires_at       timestamptz(3) not null,
     constraint attachment_draft_state check (state in ('OPEN', 'READY', 'TAKEN'))
   )`,
  'create index attachment_draft_expiry on attachment_draft (expires_at)',
  `create table attachment (
     envelope_id     uuid           not null,
     attachment_id   uuid           not null,
     leg_id          uuid           not null,
     direction       text           not null,
     blob_id         uuid           not null,
     bytes           integer        not null,
     sha256          text           not null,
     carried         integer        not null,
     state           text           not null,
     code            text,
     attempts        integer        not null,
     next_attempt_at timestamptz(3) not null,
     constraint attachment_pkey primary key (envelope_id, attachment_id),
     constraint attachment_direction check (direction in ('incoming', 'outgoing')),
     constraint attachment_state check (state in ('WAITING', 'READY', 'REFUSED'))
   )`,
  'create index attachment_of_leg on attachment (leg_id)',
  `create index attachment_waiting on attachment (next_attempt_at) where state = 'WAITING'`,
  'alter table access_log add column attachment_id uuid',
  'alter table live_event drop constraint live_event_kind',
  `alter table live_event add constraint live_event_kind
     check (kind in ('leg.changed', 'envelope.changed', 'attachment.changed'))`,
];
