import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Escalations under way, and the ladder of desks that have set none. New tables: breaks nothing. */
export class CreateEscalations implements MigrationInterface {
  readonly name = 'CreateEscalations1763777600000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table escalation (
        leg_id         uuid        primary key,
        request_id     uuid        not null,
        requester      text        not null,
        requester_desk text        not null,
        addressee      text        not null,
        desk           text        not null,
        delivered_at   timestamptz not null,
        ladder         jsonb       not null,
        steps          integer     not null,
        due_at         timestamptz not null
      )`);
    await session.query('create index escalation_due on escalation (due_at)');
    await session.query(`
      create table ladder_profile (
        id             uuid        primary key,
        effective_from timestamptz not null,
        ladder         jsonb       not null
      )`);
    await session.query(`
      insert into ladder_profile (id, effective_from, ladder) values
        ('019ab000-0000-7000-8000-0000000000e1', '2024-12-12T00:00:00Z',
         '[{"rung": "DUTY", "afterMinutes": 10}, {"rung": "DEPUTY", "afterMinutes": 20},
           {"rung": "SUPERVISOR", "afterMinutes": 30}, {"rung": "SENDER", "afterMinutes": 45}]')`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table ladder_profile, escalation');
  }
}
