import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How desks want to be nudged, what waits for them, and the queue of each of their contacts. New tables: breaks nothing. */
export class CreateNudges implements MigrationInterface {
  readonly name = 'CreateNudges1763777400000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table desk_preferences (
        ordinal        bigint      generated always as identity primary key,
        participant    text        not null,
        desk           text        not null,
        effective_from timestamptz not null,
        nudges         jsonb       not null
      )`);
    await session.query('create index desk_preferences_in_force on desk_preferences (desk, effective_from, ordinal)');
    await session.query(`
      create table waiting_item (
        cause  uuid        not null,
        desk   text        not null,
        leg_id uuid        not null,
        urgent boolean     not null,
        at     timestamptz not null,
        primary key (cause, desk)
      )`);
    await session.query(`
      create table nudge_target (
        id           uuid        primary key,
        desk         text        not null,
        kind         text        not null,
        address      text        not null,
        failures     integer     not null,
        disabled_at  timestamptz,
        sent_at      timestamptz,
        leased_until timestamptz,
        nudge        uuid,
        urgent_items integer     not null,
        other_items  integer     not null,
        retry_at     timestamptz,
        constraint nudge_target_address unique (desk, kind, address)
      )`);
    await session.query(`
      create table nudge_item (
        cause  uuid        not null,
        target uuid        not null,
        leg_id uuid        not null,
        urgent boolean     not null,
        due_at timestamptz not null,
        nudge  uuid,
        primary key (cause, target),
        constraint nudge_item_target foreign key (target) references nudge_target (id) on delete cascade
      )`);
    await session.query('create index nudge_item_due on nudge_item (target, due_at) where nudge is null');
    await session.query('create index nudge_item_of_leg on nudge_item (leg_id) where nudge is null');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table nudge_item, nudge_target, waiting_item, desk_preferences');
  }
}
