import type { EntityManager } from 'typeorm';
import type { AccessLogEntry, AuditCriteria } from '#libs/contracts';

/** One row to be added. */
export interface NewAccessLogEntry {
  readonly entryId: string;
  readonly at: Date;
  readonly action: AccessLogEntry['action'];
  readonly subject: string;
  readonly officer: string;
  readonly desk?: string;
  readonly purpose?: string;
  readonly legId?: string;
  readonly envelopeId?: string;
  readonly attachmentId?: string;
  readonly operation: string;
  readonly code?: string;
  readonly reason?: string;
  readonly criteria?: AuditCriteria;
}

/** A row as it is shown. */
export interface FoundAccessLogEntry {
  readonly entry_id: string;
  readonly at: Date;
  readonly action: AccessLogEntry['action'];
  readonly officer: string;
  readonly desk: string | null;
  readonly purpose: string | null;
  readonly leg_id: string | null;
  readonly envelope_id: string | null;
  readonly attachment_id: string | null;
  readonly operation: string;
  readonly reason: string | null;
  readonly criteria: AuditCriteria | null;
}

/** Adds an entry, of which no record is signed yet. */
export async function addAccessLogEntry(manager: EntityManager, entry: NewAccessLogEntry): Promise<void> {
  await manager.query(
    `with unrecorded as (
       insert into access_record (entry_id) values ($1)
     )
     insert into access_log
       (entry_id, at, action, subject, officer, desk, purpose, leg_id, envelope_id, attachment_id, operation, code, reason, criteria)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      entry.entryId,
      entry.at,
      entry.action,
      entry.subject,
      entry.officer,
      entry.desk,
      entry.purpose,
      entry.legId,
      entry.envelopeId,
      entry.attachmentId,
      entry.operation,
      entry.code,
      entry.reason,
      entry.criteria,
    ],
  );
}

/** Entries newest first, below a position, of one officer or one leg where named. */
export async function findAccessLogEntries(
  manager: EntityManager,
  search: { subject?: string; legId?: string; before?: { at: string; entryId: string }; limit: number },
): Promise<FoundAccessLogEntry[]> {
  return manager.query(
    `select entry_id, at, action, officer, desk, purpose, leg_id, envelope_id, attachment_id, operation, reason, criteria
       from access_log
      where ($1::text is null or subject = $1)
        and ($2::uuid is null or leg_id = $2)
        and ($3::timestamptz is null or (at, entry_id) < ($3, $4::uuid))
      order by at desc, entry_id desc
      limit $5`,
    [search.subject, search.legId, search.before?.at, search.before?.entryId, search.limit],
  );
}
