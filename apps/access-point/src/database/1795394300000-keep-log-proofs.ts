import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What proves the messages of this access point, under the first witnessed checkpoint that was seen to hold them, and which of them are still without it. New tables:
 * breaks nothing; what an older version stores while both run is proven when its evidence is asked for.
 */
export class KeepLogProofs implements MigrationInterface {
  readonly name = 'KeepLogProofs1795394300000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table proof_checkpoint (
        origin text   not null,
        size   bigint not null,
        note   bytea  not null,
        primary key (origin, size)
      )`);
    await session.query(`
      create table log_proof (
        envelope_id uuid   primary key,
        sha256      text   not null,
        opening     text   not null,
        hashes      bytea  not null,
        origin      text   not null,
        size        bigint not null,
        constraint log_proof_checkpoint foreign key (origin, size) references proof_checkpoint,
        constraint log_proof_hashes check (octet_length(hashes) % 32 = 0)
      )`);
    await session.query('create table unproven_envelope (envelope_id uuid primary key)');
    await session.query(
      'insert into unproven_envelope select envelope_id from message union select event_id from leg_event',
    );
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table unproven_envelope, log_proof, proof_checkpoint');
  }
}
