import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What auditors search, filled from what is there and by triggers from then on; and why somebody searched. The search has a table of its own because its criteria lie
 * in four tables, of which two are wide: reading a million narrow rows bounds what any combination of criteria can take. Adds and widens: breaks nothing.
 */
export class CreateAuditRecord implements MigrationInterface {
  readonly name = 'CreateAuditRecord1795394200000';

  async up(session: QueryRunner): Promise<void> {
    await session.query('alter table access_log add reason text, add criteria jsonb');
    await allow(session, `'CONSULTED', 'DENIED', 'EXPORTED', 'AUDIT_QUERIED'`);
    await session.query(`
      create table audit_record (
        at          timestamptz(3) not null,
        record_id   uuid           not null,
        action      text           not null,
        type        text           not null,
        leg_id      uuid,
        counterpart text,
        desk        text,
        officer     text,
        purpose     text,
        ground      text,
        primary key (at, record_id)
      )`);
    for (const [source, records] of Object.entries(RECORDS)) await keepRecords(session, source, records);
    await session.query('create index audit_record_of_leg on audit_record (leg_id)');
    await session.query('create index audit_record_of_officer on audit_record (officer, at, record_id)');
    await session.query(`
      create function audit_record_is_append_only() returns trigger language plpgsql as $$
      begin
        raise exception 'audit records are neither changed nor removed';
      end $$`);
    await session.query(`
      create trigger audit_record_append_only before update or delete or truncate on audit_record
        for each statement execute function audit_record_is_append_only()`);
  }

  async down(session: QueryRunner): Promise<void> {
    for (const source of Object.keys(RECORDS)) {
      await session.query(`drop trigger ${source}_audited on ${source}`);
      await session.query(`drop function ${source}_is_audited`);
    }
    await session.query('drop table audit_record');
    await session.query('drop function audit_record_is_append_only');
    await allow(session, `'CONSULTED', 'DENIED', 'EXPORTED'`);
    await session.query('alter table access_log drop reason, drop criteria');
  }
}

/** The record of each row of a source, which is called `s`. */
const RECORDS = {
  message: `
    select s.time, s.envelope_id, case s.direction when 'outgoing' then 'SENT' else 'RECEIVED' end, s.type, s.leg_id,
           s.header -> case s.direction when 'outgoing' then 'recipient' else 'sender' end ->> 'participant',
           s.header -> 'sender' ->> 'desk', s.header -> 'sender' ->> 'officer', s.header ->> 'purpose', s.header ->> 'ground'`,
  // Of an event only its signed bytes are kept.
  leg_event: `
    select (e.event ->> 'time')::timestamptz, s.event_id, 'STATED', e.event ->> 'type', s.leg_id,
           case l.direction when 'incoming' then l.requester_participant else l.addressee_participant end,
           null, null, null, null`,
  access_log: `
    select s.at, s.entry_id, s.action, s.operation, s.leg_id,
           case l.direction when 'incoming' then l.requester_participant else l.addressee_participant end,
           s.desk, s.officer, s.purpose, null`,
} as const;

const JOINS: Readonly<Record<string, string>> = {
  leg_event: `
    left join leg l using (leg_id),
    lateral (select translate(split_part(s.jws, '.', 2), '-_', '+/') as payload) as signed,
    lateral (select convert_from(decode(rpad(payload, (length(payload) + 3) / 4 * 4, '='), 'base64'), 'utf8')::jsonb as event) as e`,
  access_log: 'left join leg l using (leg_id)',
};

async function keepRecords(session: QueryRunner, source: string, records: string): Promise<void> {
  const insertFrom = (table: string): string =>
    `insert into audit_record ${records} from ${table} s ${JOINS[source] ?? ''}`;
  await session.query(insertFrom(source));
  await session.query(`
    create function ${source}_is_audited() returns trigger language plpgsql as $$
    begin
      ${insertFrom('added')};
      return null;
    end $$`);
  await session.query(`
    create trigger ${source}_audited after insert on ${source} referencing new table as added
      for each statement execute function ${source}_is_audited()`);
}

async function allow(session: QueryRunner, actions: string): Promise<void> {
  await session.query('alter table access_log drop constraint access_log_action');
  await session.query(`alter table access_log add constraint access_log_action check (action in (${actions}))`);
}
