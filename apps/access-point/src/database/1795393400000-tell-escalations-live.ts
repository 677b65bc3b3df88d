import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Officers see live that nobody has opened an urgent leg. Breaks nothing. */
export class TellEscalationsLive implements MigrationInterface {
  readonly name = 'TellEscalationsLive1795393400000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      alter table live_event
        drop constraint live_event_kind,
        add constraint live_event_kind
          check (kind in ('leg.changed', 'leg.escalated', 'envelope.changed', 'attachment.changed', 'approval.changed'))`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query(`delete from live_event where kind = 'leg.escalated'`);
    await session.query(`
      alter table live_event
        drop constraint live_event_kind,
        add constraint live_event_kind
          check (kind in ('leg.changed', 'envelope.changed', 'attachment.changed', 'approval.changed'))`);
  }
}
