import type { EntityManager } from 'typeorm';
import type { ErasedLeg, ErasureReason } from '#libs/contracts';

/** Whether a leg was erased, and whether something keeps it from that. */
export interface ErasureState {
  readonly erased: Pick<ErasedLeg, 'reason' | 'erasedAt' | 'records'> | undefined;
  readonly isHeld: boolean;
}

interface ErasedRow {
  readonly reason: ErasureReason | null;
  readonly erased_at: Date | null;
  readonly records: number | null;
  readonly is_held: boolean;
}

export async function findErasureState(manager: EntityManager, legId: string): Promise<ErasureState> {
  const [row]: ErasedRow[] = await manager.query(
    `select e.reason, e.erased_at, e.records,
            exists (select from leg_hold h where h.leg_id = l.leg_id and h.released_at is null) as is_held
       from (values ($1::uuid)) as l (leg_id) left join erased_leg e using (leg_id)`,
    [legId],
  );
  const { reason, erased_at: at, records, is_held: isHeld } = row!;
  const erased = reason && at && records !== null ? { reason, erasedAt: at.toISOString(), records } : undefined;
  return { erased, isHeld };
}

const RECORDS_OF_LEG = `
  select envelope_id as id from message where leg_id = $1 and content <> 'NONE'
  union select note_id from note where leg_id = $1
  union select assignment_id from assignment where leg_id = $1
  union select refusal_id from refusal where leg_id = $1
  union select approval_id from approval where leg_id = $1`;

/** Ids in the vault of everything that people wrote about a leg. */
export async function findRecordsOfLeg(manager: EntityManager, legId: string): Promise<string[]> {
  const rows: { id: string }[] = await manager.query(RECORDS_OF_LEG, [legId]);
  return rows.map(({ id }) => id);
}

/** The first decision stays. */
export async function insertErasedLeg(
  tx: EntityManager,
  { legId, reason, at }: { readonly legId: string; readonly reason: ErasureReason; readonly at: Date },
): Promise<void> {
  await tx.query(
    `insert into erased_leg (leg_id, reason, erased_at, records)
     select $1, $2, $3, count(*) from (${RECORDS_OF_LEG}) as r
     on conflict do nothing`,
    [legId, reason, at],
  );
}

export async function findUnfinished(manager: EntityManager): Promise<string[]> {
  const rows: { leg_id: string }[] = await manager.query('select leg_id from erased_leg where finished_at is null');
  return rows.map(({ leg_id }) => leg_id);
}

export async function markFinished(tx: EntityManager, legId: string, at: Date): Promise<void> {
  await tx.query('update erased_leg set finished_at = $2 where leg_id = $1 and finished_at is null', [legId, at]);
}

/** Destroys keys and ciphertexts, and lets nothing bring them back. */
export async function eraseForEver(tx: EntityManager, recordIds: readonly string[]): Promise<void> {
  await tx.query(
    `with erased as (
       insert into erased_record select unnest($1::uuid[]) on conflict do nothing
     ), key as (
       delete from content_key where record_id = any ($1::uuid[])
     )
     delete from content_record where record_id = any ($1::uuid[])`,
    [recordIds],
  );
}

/** Ciphertext of an attachment. */
export interface ErasableBlob {
  readonly blobId: string;
  readonly bytes: number;
}

/** Ciphertexts of a leg that no other leg shares, but such as are erased too. */
export async function findBlobsOfLeg(manager: EntityManager, legId: string): Promise<ErasableBlob[]> {
  return manager.query(
    `select distinct blob_id as "blobId", bytes from attachment a
      where leg_id = $1
        and not exists (select from attachment o
                         where o.blob_id = a.blob_id and o.leg_id <> a.leg_id
                           and not exists (select from erased_leg e where e.leg_id = o.leg_id))`,
    [legId],
  );
}

/** Nobody fetches them any more. */
export async function refuseAttachments(tx: EntityManager, legId: string): Promise<void> {
  await tx.query(`update attachment set state = 'REFUSED', code = 'ERR_CONTENT_ERASED' where leg_id = $1`, [legId]);
}

/** Legs that ended before a time, and that nothing holds. */
export async function findOverdueForErasure(
  manager: EntityManager,
  endedBefore: Date,
  limit: number,
): Promise<string[]> {
  const rows: { leg_id: string }[] = await manager.query(
    `select leg_id from leg l
      where status in ('CLOSED', 'WITHDRAWN') and (state ->> 'endedAt')::timestamptz < $1
        and not exists (select from erased_leg e where e.leg_id = l.leg_id)
        and not exists (select from leg_hold h where h.leg_id = l.leg_id and h.released_at is null)
      limit $2`,
    [endedBefore, limit],
  );
  return rows.map(({ leg_id }) => leg_id);
}

/** One process erases at a time, until the transaction ends. */
export async function lockErasing(tx: EntityManager): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('serai:access-point-erasing'), hashtext(current_schema()))`);
}
