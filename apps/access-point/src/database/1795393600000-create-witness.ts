import type { MigrationInterface, QueryRunner } from 'typeorm';

const APPEND_ONLY = ['witness_history', 'witness_evidence'];

/** What this access point's witness has cosigned, and what it refused as evidence. New tables: breaks nothing. */
export class CreateWitness implements MigrationInterface {
  readonly name = 'CreateWitness1795393600000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table witness_head (
        origin     text           primary key,
        size       bigint         not null,
        root       bytea          not null,
        note       bytea,
        changed_at timestamptz(3) not null,
        constraint witness_head_root check (octet_length(root) = 32 and size >= 0)
      )`);
    await session.query(`
      create table witness_history (
        origin      text           not null,
        size        bigint         not null,
        root        bytea          not null,
        note        bytea          not null,
        cosigned_at timestamptz(3) not null,
        primary key (origin, size),
        constraint witness_history_root check (octet_length(root) = 32)
      )`);
    await session.query(`
      create table witness_evidence (
        kind            text           not null,
        checkpoint_hash bytea          not null,
        origin          text           not null,
        request         bytea          not null,
        known           bytea,
        met_at          timestamptz(3) not null,
        primary key (kind, checkpoint_hash),
        constraint witness_evidence_kind check (kind in ('fork', 'proof'))
      )`);
    await session.query(`
      create function refuse_witness_change() returns trigger language plpgsql as $$
      begin
        raise exception 'rows of % are neither changed nor removed', tg_table_name;
      end $$`);
    await this.keepHeadsFromShrinking(session);
    for (const table of APPEND_ONLY) {
      await session.query(`
        create trigger ${table}_only_grows before update or delete or truncate on ${table}
        for each statement execute function refuse_witness_change()`);
    }
  }

  async down(session: QueryRunner): Promise<void> {
    for (const table of ['witness_head', ...APPEND_ONLY]) await session.query(`drop table ${table}`);
    await session.query('drop function refuse_witness_change');
    await session.query('drop function refuse_smaller_head');
  }

  private async keepHeadsFromShrinking(session: QueryRunner): Promise<void> {
    await session.query(`
      create function refuse_smaller_head() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' or new.origin <> old.origin or new.size < old.size
           or (new.size = old.size and new.root <> old.root) then
          raise exception 'a witness does not go back behind what it cosigned';
        end if;
        return new;
      end $$`);
    await session.query(`
      create trigger witness_head_only_grows before update or delete on witness_head
      for each row execute function refuse_smaller_head()`);
    await session.query(`
      create trigger witness_head_stays before truncate on witness_head
      for each statement execute function refuse_witness_change()`);
  }
}
