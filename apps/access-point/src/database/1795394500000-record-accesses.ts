import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which envelope commits to an entry of the access log. A new table: breaks nothing; an older version that runs beside this one shows content before it is recorded. */
export class RecordAccesses implements MigrationInterface {
  readonly name = 'RecordAccesses1795394500000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table access_record (
        entry_id  uuid    primary key,
        record_id uuid,
        place     integer,
        salt      bytea
      )`);
    await session.query('create index access_record_of_envelope on access_record (record_id)');
    await session.query('create index access_record_missing on access_record (entry_id) where record_id is null');
    await session.query('insert into access_record (entry_id) select entry_id from access_log');
    await session.query(`create index outgoing_envelope_refused on outgoing_envelope (leg_id) where state = 'REFUSED'`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop index outgoing_envelope_refused');
    await session.query('drop table access_record');
  }
}
