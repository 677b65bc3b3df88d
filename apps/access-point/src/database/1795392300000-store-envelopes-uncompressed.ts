import type { MigrationInterface, QueryRunner } from 'typeorm';

const SIGNED = {
  outgoing_envelope: ['jws', 'answer_jws', 'event_jws'],
  received_envelope: ['jws', 'event_jws'],
  content_record: ['ciphertext'],
} as const;
/** Written once: they stay in their row up to a page's size. An outgoing envelope is updated, and its row should be small. */
const WRITTEN_ONCE = ['received_envelope', 'content_record'] as const;

/** What is signed or encrypted does not compress. Changes how new rows are stored only: breaks nothing. */
export class StoreEnvelopesUncompressed implements MigrationInterface {
  readonly name = 'StoreEnvelopesUncompressed1795392300000';

  async up(session: QueryRunner): Promise<void> {
    await this.store(session, 'external');
    for (const table of WRITTEN_ONCE) await session.query(`alter table ${table} set (toast_tuple_target = 8160)`);
  }

  async down(session: QueryRunner): Promise<void> {
    for (const table of WRITTEN_ONCE) await session.query(`alter table ${table} reset (toast_tuple_target)`);
    await this.store(session, 'extended');
  }

  private async store(session: QueryRunner, storage: 'external' | 'extended'): Promise<void> {
    for (const [table, columns] of Object.entries(SIGNED)) {
      for (const column of columns) {
        await session.query(`alter table ${table} alter column ${column} set storage ${storage}`);
      }
    }
  }
}
