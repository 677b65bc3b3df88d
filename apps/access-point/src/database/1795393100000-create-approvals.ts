import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What waits for a second person has a table of its own, whatever it is; `refusal` keeps those that were sent. Live events may be of a desk that has no leg yet.
 * Breaks an older program on the same database: it looks for waiting refusals where they no longer are.
 */
export class CreateApprovals implements MigrationInterface {
  readonly name = 'CreateApprovals1795393100000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table approval (
        approval_id           uuid           primary key,
        kind                  text           not null,
        state                 text           not null,
        request_id            uuid           not null,
        leg_id                uuid           not null,
        desk                  text           not null,
        recipient_participant text           not null,
        recipient_desk        text           not null,
        proposed_by_subject   text           not null,
        proposed_by           text           not null,
        proposed_at           timestamptz(3) not null,
        expires_at            timestamptz(3) not null,
        decided_by_subject    text,
        decided_by            text,
        decided_at            timestamptz(3),
        envelope_id           uuid,
        constraint approval_kind check (kind in ('REQUEST_RELEASE', 'REFUSAL')),
        constraint approval_state
          check (state in ('WAITING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'REPLACED'))
      )`);
    await session.query(`create unique index approval_waiting on approval (kind, leg_id) where state = 'WAITING'`);
    await session.query('create index approval_newest on approval (proposed_at, approval_id)');
    await session.query('create index approval_of_request on approval (request_id)');
    await session.query('create index approval_envelope on approval (envelope_id)');
    for (const statement of MOVE_REFUSALS) await session.query(statement);
    await session.query('alter table live_event add column desk text, drop constraint live_event_kind');
    await session.query(`
      alter table live_event add constraint live_event_kind
        check (kind in ('leg.changed', 'envelope.changed', 'attachment.changed', 'approval.changed'))`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query(`delete from live_event where kind = 'approval.changed'`);
    await session.query('alter table live_event drop column desk, drop constraint live_event_kind');
    await session.query(`
      alter table live_event add constraint live_event_kind
        check (kind in ('leg.changed', 'envelope.changed', 'attachment.changed'))`);
    for (const statement of MOVE_REFUSALS_BACK) await session.query(statement);
    await session.query('drop table approval');
  }
}

const MOVE_REFUSALS = [
  `insert into approval (approval_id, kind, state, request_id, leg_id, desk, recipient_participant, recipient_desk,
                         proposed_by_subject, proposed_by, proposed_at, expires_at, decided_by_subject, decided_by,
                         decided_at, envelope_id)
   select refusal_id, 'REFUSAL', case r.state when 'PENDING' then 'WAITING' when 'SENT' then 'APPROVED' else 'REPLACED' end,
          request_id, leg_id, addressee_desk, requester_participant, requester_desk, proposed_by_subject, proposed_by,
          proposed_at, proposed_at + interval '72 hours', countersigned_by_subject, countersigned_by, sent_at, envelope_id
     from refusal r join leg l using (leg_id)
    where r.state <> 'SENT' or r.countersigned_by is not null`,
  `with replaced as (delete from content_key using refusal where record_id = refusal_id and state = 'REPLACED')
   delete from content_record using refusal where record_id = refusal_id and state = 'REPLACED'`,
  `delete from refusal where state <> 'SENT'`,
  `alter table refusal
     drop column state, drop column proposed_by_subject, drop column proposed_by, drop column proposed_at,
     drop column countersigned_by_subject, drop column countersigned_by,
     alter column envelope_id set not null, alter column sent_at set not null`,
];

const MOVE_REFUSALS_BACK = [
  `alter table refusal
     add column state text, add column proposed_by_subject text, add column proposed_by text,
     add column proposed_at timestamptz(3), add column countersigned_by_subject text, add column countersigned_by text,
     alter column envelope_id drop not null, alter column sent_at drop not null`,
  `update refusal r
      set state = 'SENT', proposed_by_subject = coalesce(a.proposed_by_subject, ''),
          proposed_by = coalesce(a.proposed_by, ''), proposed_at = coalesce(a.proposed_at, r.sent_at),
          countersigned_by_subject = a.decided_by_subject, countersigned_by = a.decided_by
     from refusal s left join approval a on a.approval_id = s.refusal_id
    where s.refusal_id = r.refusal_id`,
  `insert into refusal (refusal_id, leg_id, state, proposed_by_subject, proposed_by, proposed_at)
   select approval_id, leg_id, 'PENDING', proposed_by_subject, proposed_by, proposed_at
     from approval where kind = 'REFUSAL' and state = 'WAITING'`,
  `alter table refusal
     alter column state set not null, alter column proposed_by_subject set not null,
     alter column proposed_by set not null, alter column proposed_at set not null,
     add constraint refusal_state check (state in ('PENDING', 'REPLACED', 'SENT'))`,
  `create unique index refusal_pending on refusal (leg_id) where state = 'PENDING'`,
];
