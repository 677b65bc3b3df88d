import type { AuditRecord } from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { parseLeafOpening } from '#libs/evidence';
import type { FoundRecord } from './audit-search.repository.js';

/** A record as its readers see it. */
export function toAuditRecord(row: FoundRecord): AuditRecord {
  const { deadline, leg_status: status, outcome } = row;
  return {
    recordId: row.record_id,
    at: row.at.toISOString(),
    action: row.action,
    type: row.type,
    ...withoutNulls({
      legId: row.leg_id,
      requestId: row.request_id,
      counterpart: row.counterpart,
      desk: row.desk,
      officer: row.officer,
      purpose: row.purpose,
      ground: row.ground,
      envelopeId: row.envelope_id,
      attachmentId: row.attachment_id,
      sha256: row.event_jws === null ? row.sha256 : hashOf(row.event_jws),
      state: row.state,
      code: row.code ?? row.problem?.code ?? null,
      reason: row.reason,
      criteria: row.criteria,
    }),
    ...(deadline === null ? {} : { leg: { deadline, ...withoutNulls({ status, outcome }) } }),
    ...placeInLog(row),
  };
}

function placeInLog({ log_origin: origin, log_opening: opening }: FoundRecord): Pick<AuditRecord, 'log'> {
  if (origin === null || opening === null) return {};
  return { log: { origin, index: parseLeafOpening(Buffer.from(opening)).index } };
}

type Known<Row> = { [Name in keyof Row]?: NonNullable<Row[Name]> };

function withoutNulls<Row extends object>(row: Row): Known<Row> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Known<Row>;
}
