import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Legs, their timers and the deadline profiles with the first set of allowances. First of its kind: breaks nothing. */
export class CreateLegs implements MigrationInterface {
  readonly name = 'CreateLegs1763777200000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table leg (
        id                    uuid        primary key,
        request_id            uuid        not null,
        version               integer     not null,
        status                text        not null,
        resume_status         text,
        kind                  text        not null,
        priority              text        not null,
        requester             text        not null,
        requester_desk        text        not null,
        addressee             text        not null,
        addressee_desk        text        not null,
        time_zone             text        not null,
        items                 integer     not null,
        submission            text        not null,
        submitted_at          timestamptz not null,
        delivered_at          timestamptz,
        read_at               timestamptz,
        ended_at              timestamptz,
        moved_at              timestamptz not null,
        clock_state           text        not null,
        profile               uuid,
        allowed               text,
        started_at            timestamptz,
        paused_since          timestamptz,
        paused_ms             bigint      not null,
        due_at                timestamptz,
        stopped_at            timestamptz,
        warned                smallint    not null,
        overdue               boolean     not null,
        excused               boolean     not null,
        pending_clarification uuid,
        partly_answered       boolean     not null,
        reconsidered          boolean     not null,
        outcome               text,
        constraint leg_parties_differ check (requester <> addressee),
        constraint leg_paused_ms_not_negative check (paused_ms >= 0)
      )`);
    await session.query(`
      create table leg_timer (
        leg_id uuid        not null,
        kind   text        not null,
        due_at timestamptz not null,
        primary key (leg_id, kind)
      )`);
    await session.query('create index leg_timer_due on leg_timer (due_at)');
    await session.query(`
      create table deadline_profile (
        id             uuid        primary key,
        priority       text        not null,
        requester      text,
        addressee      text,
        allowed        text,
        effective_from timestamptz not null,
        constraint deadline_profile_pair check ((requester is null) = (addressee is null)),
        constraint deadline_profile_allowed check (allowed ~ '^P(?=[0-9T])([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?)?$')
      )`);
    await session.query(`
      insert into deadline_profile (id, priority, allowed, effective_from) values
        ('019ab000-0000-7000-8000-0000000000d1', 'URGENT_DIRECT',   'PT8H', '2024-12-12T00:00:00Z'),
        ('019ab000-0000-7000-8000-0000000000d2', 'URGENT_INDIRECT', 'P3D',  '2024-12-12T00:00:00Z'),
        ('019ab000-0000-7000-8000-0000000000d3', 'ROUTINE',         'P7D',  '2024-12-12T00:00:00Z'),
        ('019ab000-0000-7000-8000-0000000000d4', 'NO_DEADLINE',     null,   '2024-12-12T00:00:00Z')`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table deadline_profile, leg_timer, leg');
  }
}
