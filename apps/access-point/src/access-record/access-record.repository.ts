import type { EntityManager } from 'typeorm';
import { ACCESS_SUBJECT, type AuditCriteria } from '#libs/contracts';
import type { Outcome } from '../outgoing/awaited-answers.js';

/** Everything that an entry of the access log says; what a record commits to. */
export interface AccessEntry {
  readonly entryId: string;
  readonly at: Date;
  readonly action: string;
  readonly subject: string;
  readonly officer: string;
  readonly desk: string | null;
  readonly purpose: string | null;
  readonly legId: string | null;
  readonly envelopeId: string | null;
  readonly attachmentId: string | null;
  readonly operation: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly criteria: AuditCriteria | null;
}

const ENTRY = `entry_id as "entryId", at, action, subject, officer, desk, purpose, leg_id as "legId", envelope_id as "envelopeId",
  attachment_id as "attachmentId", operation, code, reason, criteria`;

/**
 * Entries without a record, those that somebody waits for before the oldest others, held until the transaction ends. Another instance that records them makes this one
 * wait.
 */
export async function holdUnrecorded(
  tx: EntityManager,
  awaited: readonly string[],
  limit: number,
): Promise<AccessEntry[]> {
  return tx.query(
    `with chosen as (
       select unnest($1::uuid[]) as entry_id
       union (select entry_id from access_record where record_id is null order by entry_id limit $2)
     )
     select ${ENTRY}
       from chosen join access_record using (entry_id) join access_log using (entry_id) where record_id is null
      order by (entry_id = any ($1::uuid[])) desc, entry_id limit $2 for update of access_record`,
    [awaited, limit],
  );
}

/** Names the record of entries, in their order in it. */
export async function nameRecord(
  tx: EntityManager,
  recordId: string,
  entries: readonly { readonly entryId: string; readonly salt: Buffer }[],
): Promise<void> {
  await tx.query(
    `update access_record as a set record_id = $1, place = g.nth - 1, salt = g.salt
       from unnest($2::uuid[], $3::bytea[]) with ordinality as g (entry_id, salt, nth)
      where a.entry_id = g.entry_id`,
    [recordId, entries.map(({ entryId }) => entryId), entries.map(({ salt }) => salt)],
  );
}

/** The envelope that commits to an entry, with the gateway's receipt; undefined where there is no such entry. */
export async function findRecordOf(
  manager: EntityManager,
  entryId: string,
): Promise<
  { readonly recordId: string | null; readonly jws: string | null; readonly receipt: string | null } | undefined
> {
  const [row] = await manager.query(
    `select a.record_id as "recordId", o.jws, case when o.received_at is not null then o.answer_jws end as receipt
       from access_record a left join outgoing_envelope o on o.envelope_id = a.record_id
      where a.entry_id = $1`,
    [entryId],
  );
  return row;
}

/** All entries that an envelope commits to, in their order, with their salts. */
export async function findEntriesOf(
  manager: EntityManager,
  recordId: string,
): Promise<{ readonly entry: AccessEntry; readonly salt: Buffer }[]> {
  const rows: (AccessEntry & { salt: Buffer })[] = await manager.query(
    `select ${ENTRY}, salt from access_record join access_log using (entry_id) where record_id = $1 order by place`,
    [recordId],
  );
  return rows.map(({ salt, ...entry }) => ({ entry, salt }));
}

/** The records of entries, each once; undefined where one of the entries has none. */
export async function findRecordsOf(
  manager: EntityManager,
  entryIds: readonly string[],
): Promise<string[] | undefined> {
  const rows: { id: string }[] = await manager.query(
    'select record_id as id from access_record where entry_id = any ($1::uuid[]) and record_id is not null',
    [entryIds],
  );
  return rows.length === entryIds.length ? [...new Set(rows.map(({ id }) => id))] : undefined;
}

/** What is kept of the gateway's word on a record; undefined while there is none. */
export async function findOutcome(manager: EntityManager, recordId: string): Promise<Outcome | undefined> {
  const [row]: { outcome: Outcome }[] = await manager.query(
    `select case when received_at is null then 'refused' else 'received' end as outcome
       from outgoing_envelope where envelope_id = $1 and answer_jws is not null`,
    [recordId],
  );
  return row?.outcome;
}

/** Has the entries of records that the hub refused recorded anew. */
export async function releaseRefused(manager: EntityManager): Promise<void> {
  await manager.query(
    `update access_record set record_id = null, place = null, salt = null
      where record_id in (select envelope_id from outgoing_envelope where leg_id = $1 and state = 'REFUSED')`,
    [ACCESS_SUBJECT],
  );
}
