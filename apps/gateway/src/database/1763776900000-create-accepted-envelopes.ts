import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which id and which producer's number were taken by which bytes. First of its kind: breaks nothing. */
export class CreateAcceptedEnvelopes implements MigrationInterface {
  readonly name = 'CreateAcceptedEnvelopes1763776900000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table accepted_envelope (
        id           uuid        primary key,
        producer     text        not null,
        producer_seq numeric(19) not null,
        sha256       text        not null,
        received_at  timestamptz not null,
        constraint accepted_envelope_producer_seq unique (producer, producer_seq)
      )`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table accepted_envelope');
  }
}
