import type { MigrationInterface, QueryRunner } from 'typeorm';

const KINDS = `'FORK', 'ROLLBACK', 'STALE', 'UNVERIFIABLE', 'WITNESS_BEHIND', 'MESSAGE_MISSING'`;

/** Which log goes on where another one has ended, and an alarm for one that does not. Breaks nothing. */
export class FollowEpochs implements MigrationInterface {
  readonly name = 'FollowEpochs1795394700000';

  async up(session: QueryRunner): Promise<void> {
    await session.query('alter table monitored_log add column continued_by text');
    await this.restrictKinds(session, `${KINDS}, 'SUCCESSION'`);
  }

  async down(session: QueryRunner): Promise<void> {
    await this.restrictKinds(session, KINDS);
    await session.query('alter table monitored_log drop column continued_by');
  }

  private async restrictKinds(session: QueryRunner, kinds: string): Promise<void> {
    await session.query('alter table log_alarm drop constraint log_alarm_kind');
    await session.query(`alter table log_alarm add constraint log_alarm_kind check (kind in (${kinds}))`);
  }
}
