import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The hub's own events of a leg, as they were signed: without them its evidence has gaps. New table: breaks nothing; what came before is not there. */
export class KeepLegEvents implements MigrationInterface {
  readonly name = 'KeepLegEvents1795393900000';

  async up(session: QueryRunner): Promise<void> {
    await session.query('create table leg_event (event_id uuid primary key, leg_id uuid not null, jws text not null)');
    await session.query('create index leg_event_of_leg on leg_event (leg_id)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table leg_event');
  }
}
