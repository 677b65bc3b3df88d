import type { EntityManager } from 'typeorm';
import { atCommit } from '#libs/persistence';
import type { SealedRecord } from './record-cipher.js';

/** Stores contents and their keys with the commit; what was erased once stays away. */
export async function insertSealedRecords(tx: EntityManager, records: readonly SealedRecord[]): Promise<void> {
  await atCommit(
    tx,
    `with given as (
       select * from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as g (record_id, ciphertext, wrapped_key)
        where not exists (select from erased_record e where e.record_id = g.record_id)
     ), record as (
       insert into content_record (record_id, ciphertext) select record_id, ciphertext from given
     )
     insert into content_key (record_id, wrapped_key) select record_id, wrapped_key from given`,
    [
      records.map(({ recordId }) => recordId),
      records.map(({ ciphertext }) => ciphertext),
      records.map(({ wrappedKey }) => wrappedKey),
    ],
  );
}

/** Records whose key still exists. */
export async function findSealedRecords(manager: EntityManager, recordIds: readonly string[]): Promise<SealedRecord[]> {
  const rows: { record_id: string; ciphertext: Buffer; wrapped_key: Buffer }[] = await manager.query(
    `select record_id, ciphertext, wrapped_key
       from content_record join content_key using (record_id)
      where record_id = any($1::uuid[])
        and not exists (select from erased_record e where e.record_id = content_record.record_id)`,
    [recordIds],
  );
  return rows.map((row) => ({ recordId: row.record_id, ciphertext: row.ciphertext, wrappedKey: row.wrapped_key }));
}

export async function eraseRecords(tx: EntityManager, recordIds: readonly string[]): Promise<void> {
  await tx.query(
    `with key as (delete from content_key where record_id = any($1::uuid[]))
     delete from content_record where record_id = any($1::uuid[])`,
    [recordIds],
  );
}
