import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What rules find in the audit metadata, and what becomes of it. New tables and an index: breaks nothing. */
export class CreateAnomalies implements MigrationInterface {
  readonly name = 'CreateAnomalies1795394600000';

  async up(session: QueryRunner): Promise<void> {
    await session.query(`
      create table anomaly_item (
        item_id     uuid             primary key,
        rule        text             not null,
        about       text             not null,
        subject     text,
        officer     text,
        participant text,
        desk        text,
        leg_id      uuid,
        "from"      timestamptz(3)   not null,
        until       timestamptz(3)   not null,
        score       double precision not null,
        threshold   double precision not null,
        records     uuid[]           not null,
        found_at    timestamptz(3)   not null,
        constraint anomaly_item_once unique (rule, about, until)
      )`);
    await session.query('create index anomaly_item_of_subject on anomaly_item (subject, item_id)');
    await session.query(`
      create table anomaly_step (
        item_id    uuid           not null,
        step       text           not null,
        at         timestamptz(3) not null,
        subject    text           not null,
        officer    text           not null,
        text       text,
        content_id uuid,
        outcome    text,
        primary key (item_id, step),
        constraint anomaly_step_item foreign key (item_id) references anomaly_item,
        constraint anomaly_step_kind check (step in ('QUESTION', 'ANSWER', 'CONCLUSION')),
        constraint anomaly_step_outcome check ((outcome is not null) = (step = 'CONCLUSION')),
        constraint anomaly_step_words
          check ((text is null) = (step = 'ANSWER') and (content_id is not null) = (step = 'ANSWER'))
      )`);
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table anomaly_step, anomaly_item');
  }
}
