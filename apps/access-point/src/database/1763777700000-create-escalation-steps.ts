import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Steps of the hub's ladders, by leg. A new table: breaks nothing. */
export class CreateEscalationSteps implements MigrationInterface {
  readonly name = 'CreateEscalationSteps1763777700000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table escalation_step (
        event_id uuid           primary key,
        leg_id   uuid           not null,
        step     integer        not null,
        rung     text           not null,
        at       timestamptz(3) not null,
        on_duty  boolean
      )`);
    await session.query('create index escalation_step_of_leg on escalation_step (leg_id, step)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table escalation_step');
  }
}
