import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What this access point knows of the published log, and what it found wrong; officers are told live. Breaks nothing. */
export class CreateLogMonitor implements MigrationInterface {
  readonly name = 'CreateLogMonitor1795393700000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table monitored_log (
        origin       text           primary key,
        size         bigint         not null,
        root         bytea          not null,
        note         bytea,
        witnessed_at timestamptz(3),
        news_at      timestamptz(3) not null,
        constraint monitored_log_root check (octet_length(root) = 32 and size >= 0)
      )`);
    await session.query(`
      create table log_alarm (
        alarm_id                uuid           primary key,
        kind                    text           not null,
        origin                  text           not null,
        finding                 text           not null,
        met                     bytea,
        known                   bytea,
        raised_at               timestamptz(3) not null,
        acknowledged_at         timestamptz(3),
        acknowledged_by         text,
        acknowledged_by_subject text,
        reason                  text,
        constraint log_alarm_kind
          check (kind in ('FORK', 'ROLLBACK', 'STALE', 'UNVERIFIABLE', 'WITNESS_BEHIND', 'MESSAGE_MISSING'))
      )`);
    await session.query('create unique index log_alarm_open on log_alarm (kind, origin) where acknowledged_at is null');
    await session.query('create index log_alarm_newest on log_alarm (raised_at)');
    await this.allowLiveEvents(session, `'approval.changed', 'log.changed'`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query(`delete from live_event where kind = 'log.changed'`);
    await this.allowLiveEvents(session, `'approval.changed'`);
    await session.query('drop table monitored_log, log_alarm');
  }

  private async allowLiveEvents(session: QueryRunner, last: string): Promise<void> {
    await session.query(`
      alter table live_event
        drop constraint live_event_kind,
        add constraint live_event_kind
          check (kind in ('leg.changed', 'leg.escalated', 'envelope.changed', 'attachment.changed', ${last}))`);
  }
}
