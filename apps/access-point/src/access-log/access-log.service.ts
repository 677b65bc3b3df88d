import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { z } from 'zod';
import {
  type AccessLogEntry,
  type ApiOperationId,
  type AuditCriteria,
  deskUrn,
  type PurposeCode,
  purposeCode,
  uuid7,
} from '#libs/contracts';
import type { ErrorCode } from '#libs/errors';
import type { Call, RawCall } from '../officer/call.js';
import type { Acting, Officer } from '../officer/officer.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import {
  addAccessLogEntry,
  type FoundAccessLogEntry,
  findAccessLogEntries,
  type NewAccessLogEntry,
} from './access-log.repository.js';

/** What was looked at. */
export interface Consultation {
  readonly operation: ApiOperationId;
  readonly officer: Officer;
  readonly acting: Acting;
  readonly legId: string;
  readonly envelopeId?: string;
  readonly attachmentId?: string;
}

const position = z.object({ at: z.iso.datetime(), entryId: uuid7 });

/** Pseudonym under which the access point acts by itself. */
const BY_ITSELF = 'o-accesspoint';

/** The log of every look at content and of every denial. */
@Injectable()
export class AccessLog {
  constructor(private readonly dataSource: DataSource) {}

  /** Content may be shown only after the transaction that this is written in has committed and the entry, whose id it returns, is recorded. */
  async consulted(tx: EntityManager, consultation: Consultation): Promise<string> {
    const { operation, officer, acting, legId, envelopeId, attachmentId } = consultation;
    const { subject, pseudonym } = officer;
    return this.add(tx, {
      entryId: v7(),
      at: new Date(),
      action: 'CONSULTED',
      subject,
      officer: pseudonym,
      ...acting,
      legId,
      envelopeId,
      attachmentId,
      operation,
    });
  }

  /** Evidence is handed out only once this is written. */
  async exported(
    manager: EntityManager,
    { operation, officer, legId }: Pick<Consultation, 'operation' | 'officer' | 'legId'>,
  ): Promise<string> {
    const { subject, pseudonym } = officer;
    return this.add(manager, {
      entryId: v7(),
      at: new Date(),
      action: 'EXPORTED',
      subject,
      officer: pseudonym,
      legId,
      operation,
    });
  }

  /** Records are searched, or handed out, only once this is written. */
  async audited(
    { operation, officer }: Pick<Consultation, 'operation' | 'officer'>,
    what: { readonly action: 'AUDIT_QUERIED' | 'EXPORTED'; readonly reason?: string; readonly criteria: AuditCriteria },
  ): Promise<string> {
    const { subject, pseudonym } = officer;
    return this.add(this.dataSource.manager, {
      entryId: v7(),
      at: new Date(),
      subject,
      officer: pseudonym,
      operation,
      ...what,
    });
  }

  /** Content is erased only after the transaction that this is written in has committed. */
  async erased(tx: EntityManager, { officer, legId }: Pick<Consultation, 'officer' | 'legId'>): Promise<void> {
    const { subject, pseudonym } = officer;
    await addAccessLogEntry(tx, { ...erasure(legId), subject, officer: pseudonym });
  }

  /** As {@link erased}, by the access point when the time of a leg is over. */
  async erasedByItself(tx: EntityManager, legId: string): Promise<void> {
    await addAccessLogEntry(tx, { ...erasure(legId), subject: 'access-point', officer: BY_ITSELF });
  }

  /** Keeps a denial, with what of the request is well-formed. */
  async denied(operation: ApiOperationId, officer: Officer, raw: RawCall, code: ErrorCode): Promise<void> {
    const named = (raw.params ?? {}) as { legId?: unknown; envelopeId?: unknown; attachmentId?: unknown };
    await addAccessLogEntry(this.dataSource.manager, {
      entryId: v7(),
      at: new Date(),
      action: 'DENIED',
      subject: officer.subject,
      officer: officer.pseudonym,
      desk: deskUrn.safeParse(raw.headers['serai-desk']).data,
      purpose: purposeCode.safeParse(raw.headers['serai-purpose']).data,
      legId: uuid7.safeParse(named.legId).data,
      envelopeId: uuid7.safeParse(named.envelopeId).data,
      attachmentId: uuid7.safeParse(named.attachmentId).data,
      operation,
      code,
    });
  }

  private async add(manager: EntityManager, entry: NewAccessLogEntry): Promise<string> {
    await addAccessLogEntry(manager, entry);
    return entry.entryId;
  }

  /** Entries within the officer's reach, newest first. */
  async list({ officer, reach, query }: Call<'listAccessLog'>): Promise<Page<AccessLogEntry>> {
    const found = await findAccessLogEntries(this.dataSource.manager, {
      subject: reach.country ? undefined : officer.subject,
      legId: query.legId,
      before: readCursor(position, query.cursor),
      limit: query.limit + 1,
    });
    const positionOf = (row: FoundAccessLogEntry) => ({ at: row.at.toISOString(), entryId: row.entry_id });
    const { rows, next } = nextCursor(found, query.limit, positionOf);
    return { entries: rows.map(toView), ...next };
  }
}

const erasure = (legId: string) =>
  ({ entryId: v7(), at: new Date(), action: 'ERASED', legId, operation: 'eraseLeg' }) as const;

function toView(row: FoundAccessLogEntry): AccessLogEntry {
  return {
    entryId: row.entry_id,
    at: row.at.toISOString(),
    action: row.action,
    officer: row.officer,
    ...(row.desk === null ? {} : { desk: row.desk }),
    ...(row.purpose === null ? {} : { purpose: row.purpose as PurposeCode }),
    ...(row.leg_id === null ? {} : { legId: row.leg_id }),
    ...(row.envelope_id === null ? {} : { envelopeId: row.envelope_id }),
    ...(row.attachment_id === null ? {} : { attachmentId: row.attachment_id }),
    operation: row.operation,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.criteria === null ? {} : { criteria: row.criteria }),
  };
}
