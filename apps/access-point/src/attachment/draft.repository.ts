import type { EntityManager } from 'typeorm';

/** An upload of an officer. */
export interface DraftRecord {
  readonly attachmentId: string;
  readonly state: 'OPEN' | 'READY' | 'TAKEN';
  readonly bytes: number;
  readonly received: number;
  readonly stagedBlobId: string;
  readonly staged: boolean;
  readonly blobId: string;
  readonly ciphertextBytes: number | null;
  readonly sha256: string | null;
}

const DRAFTS = `
  select attachment_id as "attachmentId", state, bytes, received, staged_blob_id as "stagedBlobId", staged,
         blob_id as "blobId", ciphertext_bytes as "ciphertextBytes", sha256
    from attachment_draft`;

/** Adds an upload unless the officer has more than `quota` bytes waiting with it; false then. */
export async function insertDraft(
  tx: EntityManager,
  draft: {
    attachmentId: string;
    subject: string;
    bytes: number;
    stagedBlobId: string;
    blobId: string;
    expiresAt: Date;
  },
  quota: number,
): Promise<boolean> {
  const rows: unknown[] = await tx.query(
    `with added as (
       insert into attachment_draft
         (attachment_id, subject, state, bytes, received, staged_blob_id, staged, blob_id, expires_at)
       select $1, $2, 'OPEN', $3::int, 0, $4, true, $5, $6
        where (select coalesce(sum(bytes), 0) from attachment_draft where subject = $2 and state <> 'TAKEN') + $3::int <= $7
       returning 1
     )
     select 1 from added`,
    [draft.attachmentId, draft.subject, draft.bytes, draft.stagedBlobId, draft.blobId, draft.expiresAt, quota],
  );
  return rows.length === 1;
}

/** The officer's upload, unless it has expired. */
export async function findDraft(
  manager: EntityManager,
  subject: string,
  attachmentId: string,
): Promise<DraftRecord | undefined> {
  const [draft]: DraftRecord[] = await manager.query(
    `${DRAFTS} where subject = $1 and attachment_id = $2 and expires_at > now()`,
    [subject, attachmentId],
  );
  return draft;
}

/** Counts received bytes; false when the upload is not where it was any more. */
export async function advanceDraft(
  manager: EntityManager,
  attachmentId: string,
  from: number,
  to: number,
): Promise<boolean> {
  const [rows] = await manager.query(
    `update attachment_draft set received = $3 where attachment_id = $1 and received = $2 and state = 'OPEN' returning 1`,
    [attachmentId, from, to],
  );
  return rows.length === 1;
}

/** Holds an upload until the transaction ends, so that one call alone finishes it; false when it has been finished. */
export async function holdOpenDraft(tx: EntityManager, attachmentId: string): Promise<boolean> {
  const rows: unknown[] = await tx.query(
    `select 1 from attachment_draft where attachment_id = $1 and state = 'OPEN' for update`,
    [attachmentId],
  );
  return rows.length === 1;
}

/** All bytes of an upload that is held are here, encrypted. */
export async function completeDraft(
  tx: EntityManager,
  { attachmentId, ciphertextBytes, sha256 }: { attachmentId: string; ciphertextBytes: number; sha256: string },
): Promise<void> {
  await tx.query(
    `update attachment_draft set state = 'READY', received = bytes, ciphertext_bytes = $2, sha256 = $3
      where attachment_id = $1`,
    [attachmentId, ciphertextBytes, sha256],
  );
}

/** Finished uploads of an officer among these. */
export async function findReadyDrafts(
  manager: EntityManager,
  subject: string,
  attachmentIds: readonly string[],
): Promise<DraftRecord[]> {
  return manager.query(
    `${DRAFTS} where attachment_id = any($2::uuid[]) and subject = $1 and state = 'READY' and expires_at > now()`,
    [subject, attachmentIds],
  );
}

/** Takes finished uploads of an officer for a message; how many of these could be taken. */
export async function takeDrafts(
  tx: EntityManager,
  subject: string,
  attachmentIds: readonly string[],
): Promise<number> {
  const [rows] = await tx.query(
    `update attachment_draft set state = 'TAKEN'
      where attachment_id = any($2::uuid[]) and subject = $1 and state = 'READY' and expires_at > now()
      returning 1`,
    [subject, attachmentIds],
  );
  return rows.length;
}

/** Drafts of which something is to be forgotten: staged bytes of those that are complete, rows of those that were taken, all of those that expired an hour ago:
 * a call that came in before has ended then, and writes no part that nobody would know of. */
export async function findLeftovers(manager: EntityManager, limit: number): Promise<DraftRecord[]> {
  return manager.query(
    `${DRAFTS} where state = 'TAKEN' or (state = 'READY' and staged) or expires_at <= now() - interval '1 hour' limit $1`,
    [limit],
  );
}

export async function forgetStaged(manager: EntityManager, attachmentId: string): Promise<void> {
  await manager.query('update attachment_draft set staged = false where attachment_id = $1', [attachmentId]);
}

export async function deleteDraft(manager: EntityManager, attachmentId: string): Promise<void> {
  await manager.query('delete from attachment_draft where attachment_id = $1', [attachmentId]);
}
