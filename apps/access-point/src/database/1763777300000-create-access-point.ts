import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Everything that an access point keeps: requests and legs with their messages and signed envelopes, encrypted contents apart from their keys, work
 * inside the country, the feed's cursor, the copy of the directory, the access log, live events and idempotency keys.
 * First of its kind: breaks nothing.
 */
export class CreateAccessPoint implements MigrationInterface {
  readonly name = 'CreateAccessPoint1763777300000';

  async up(session: QueryRunner): Promise<void> {
    for (const statement of [
      ...LEGS,
      ...ENVELOPES,
      ...VAULT,
      ...IN_COUNTRY,
      ...FEED,
      ...DIRECTORY,
      ...ACCESS_LOG,
      ...API,
    ]) {
      await session.query(statement);
    }
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query(`
      drop table request, message, outgoing_envelope, received_envelope, producer_position, content_record, content_key, assignment,
                 note, refusal, feed_cursor, received_event, quarantined_entry, directory_snapshot, directory_change, access_log,
                 live_event, idempotency_key, leg`);
    await session.query('drop function access_log_is_append_only');
  }
}

const LEGS = [
  `create table request (
     request_id uuid           primary key,
     kind       text           not null,
     priority   text           not null,
     desk       text           not null,
     officer    text           not null,
     created_at timestamptz(3) not null,
     expires_at timestamptz(3) not null
   )`,
  'create index request_newest on request (created_at, request_id)',
  `create table leg (
     leg_id                uuid           primary key,
     request_id            uuid           not null,
     direction             text           not null,
     own_desk              text           not null,
     kind                  text           not null,
     priority              text           not null,
     requester_participant text           not null,
     requester_desk        text           not null,
     addressee_participant text           not null,
     addressee_desk        text           not null,
     items                 integer        not null,
     submission_id         uuid           not null,
     created_at            timestamptz(3) not null,
     version               integer        not null,
     state                 jsonb,
     status                text,
     due_at                timestamptz(3),
     overdue               boolean        not null,
     assigned              boolean        not null,
     read_envelope_id      uuid,
     constraint leg_direction check (direction in ('incoming', 'outgoing'))
   )`,
  'create index leg_newest on leg (created_at, leg_id)',
  'create index leg_due on leg (due_at, leg_id)',
  'create index leg_own_desk on leg (own_desk)',
  'create index leg_request on leg (request_id)',
  `create table message (
     position    bigint         generated always as identity primary key,
     envelope_id uuid           not null,
     leg_id      uuid           not null,
     direction   text           not null,
     type        text           not null,
     time        timestamptz(3) not null,
     header      jsonb          not null,
     content     text           not null,
     constraint message_direction check (direction in ('incoming', 'outgoing')),
     constraint message_content check (content in ('NONE', 'STORED', 'UNREADABLE')),
     constraint message_leg foreign key (leg_id) references leg (leg_id)
   )`,
  'create unique index message_envelope on message (envelope_id)',
  'create index message_of_leg on message (leg_id, position)',
];

const ENVELOPES = [
  // The chain of own envelopes, as lib messaging keeps it.
  `create table producer_position (
     producer text   primary key,
     sequence bigint not null,
     hash     text   not null
   )`,
  `create table outgoing_envelope (
     producer_sequence bigint         primary key,
     envelope_id       uuid           not null,
     leg_id            uuid           not null,
     type              text           not null,
     sha256            text           not null,
     jws               text           not null,
     state             text           not null,
     queued_at         timestamptz(3) not null,
     answer_jws        text,
     received_at       timestamptz(3),
     event_jws         text,
     decided_at        timestamptz(3),
     problem           jsonb,
     constraint outgoing_envelope_state check (state in ('QUEUED', 'RECEIVED', 'ACCEPTED', 'REFUSED'))
   )`,
  'create unique index outgoing_envelope_id on outgoing_envelope (envelope_id)',
  'create index outgoing_envelope_of_leg on outgoing_envelope (leg_id)',
  'create index outgoing_envelope_unanswered on outgoing_envelope (producer_sequence) where answer_jws is null',
  `create table received_envelope (
     envelope_id uuid           primary key,
     source      text           not null,
     sha256      text           not null,
     jws         text           not null,
     event_jws   text           not null,
     decided_at  timestamptz(3) not null
   )`,
];

const VAULT = [
  `create table content_record (
     record_id  uuid  primary key,
     ciphertext bytea not null
   )`,
  // Without a foreign key: the two tables are dumped, and erased, apart from each other.
  `create table content_key (
     record_id   uuid  primary key,
     wrapped_key bytea not null
   )`,
];

const IN_COUNTRY = [
  `create table assignment (
     assignment_id uuid           primary key,
     leg_id        uuid           not null,
     assigned_desk text,
     due_at        timestamptz(3),
     officer       text           not null,
     desk          text           not null,
     created_at    timestamptz(3) not null,
     constraint assignment_leg foreign key (leg_id) references leg (leg_id)
   )`,
  'create index assignment_of_leg on assignment (leg_id, created_at, assignment_id)',
  `create table note (
     note_id    uuid           primary key,
     leg_id     uuid           not null,
     officer    text           not null,
     desk       text           not null,
     created_at timestamptz(3) not null,
     constraint note_leg foreign key (leg_id) references leg (leg_id)
   )`,
  'create index note_of_leg on note (leg_id, created_at, note_id)',
  `create table refusal (
     refusal_id               uuid           primary key,
     leg_id                   uuid           not null,
     state                    text           not null,
     proposed_by_subject      text           not null,
     proposed_by              text           not null,
     proposed_at              timestamptz(3) not null,
     countersigned_by_subject text,
     countersigned_by         text,
     sent_at                  timestamptz(3),
     envelope_id              uuid,
     constraint refusal_state check (state in ('PENDING', 'REPLACED', 'SENT')),
     constraint refusal_leg foreign key (leg_id) references leg (leg_id)
   )`,
  `create unique index refusal_pending on refusal (leg_id) where state = 'PENDING'`,
];

const FEED = [
  `create table feed_cursor (
     id       integer primary key,
     sequence bigint  not null,
     head     text    not null,
     constraint feed_cursor_single check (id = 1)
   )`,
  'create table received_event (event_id uuid primary key)',
  `create table quarantined_entry (
     sequence  bigint         primary key,
     code      text           not null,
     event_jws text           not null,
     cause_jws text,
     at        timestamptz(3) not null
   )`,
];

const DIRECTORY = [
  `create table directory_snapshot (
     id          integer        primary key,
     version     integer        not null,
     snapshot    jsonb          not null,
     verified_at timestamptz(3) not null,
     constraint directory_snapshot_single check (id = 1)
   )`,
  `create table directory_change (
     version integer primary key,
     head    text    not null,
     change  jsonb   not null
   )`,
];

const ACCESS_LOG = [
  `create table access_log (
     entry_id    uuid           primary key,
     at          timestamptz(3) not null,
     action      text           not null,
     subject     text           not null,
     officer     text           not null,
     desk        text,
     purpose     text,
     leg_id      uuid,
     envelope_id uuid,
     operation   text           not null,
     code        text,
     constraint access_log_action check (action in ('CONSULTED', 'DENIED'))
   )`,
  'create index access_log_newest on access_log (at, entry_id)',
  'create index access_log_of_leg on access_log (leg_id, at, entry_id)',
  `create function access_log_is_append_only() returns trigger language plpgsql as $$
   begin
     raise exception 'rows of the access log are neither changed nor removed';
   end $$`,
  `create trigger access_log_append_only before update or delete or truncate on access_log
     for each statement execute function access_log_is_append_only()`,
];

const API = [
  `create table live_event (
     position    bigint         generated always as identity primary key,
     transaction bigint         not null,
     at          timestamptz(3) not null,
     kind        text           not null,
     leg_id      uuid           not null,
     detail      jsonb          not null,
     constraint live_event_kind check (kind in ('leg.changed', 'envelope.changed'))
   )`,
  'create index live_event_order on live_event (transaction, position)',
  'create index live_event_age on live_event (at)',
  `create table idempotency_key (
     subject     text           not null,
     key         text           not null,
     fingerprint text           not null,
     answer      jsonb,
     created_at  timestamptz(3) not null,
     primary key (subject, key)
   )`,
  'create index idempotency_key_age on idempotency_key (created_at)',
];
