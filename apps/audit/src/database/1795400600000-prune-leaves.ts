import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which leaves can no longer be opened because their time is over, and under which head that was decided. Rows are only ever added. Breaks nothing. */
export class PruneLeaves implements MigrationInterface {
  readonly name = 'PruneLeaves1795400600000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table pruned_range (
        first_leaf      bigint      primary key,
        end_leaf        bigint      not null,
        accepted_before timestamptz not null,
        retention_days  integer     not null,
        head_size       bigint      not null,
        head_root       bytea       not null,
        decided_at      timestamptz not null default now(),
        constraint pruned_range_forward check (first_leaf >= 0 and end_leaf > first_leaf and end_leaf <= head_size)
      )`);
    await session.query(`
      create trigger pruned_range_only_grows before update or delete or truncate on pruned_range
      for each statement execute function refuse_change()`);
    await session.query('revoke update, delete, truncate on pruned_range from current_user');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table pruned_range');
  }
}
