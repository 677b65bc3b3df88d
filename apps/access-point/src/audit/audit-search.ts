import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type AuditRecord, type ResolvedOfficer, uuid7 } from '#libs/contracts';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { notFound } from '../leg/leg.reader.js';
import type { Call } from '../officer/call.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { toAuditRecord } from './audit-record.view.js';
import { type FoundRecord, findOwnOfficers, findRecords } from './audit-search.repository.js';
import { ReviewPseudonyms } from './review-pseudonyms.js';

const position = z.object({ at: z.iso.datetime(), recordId: uuid7 });

/** Shows officers and auditors what was exchanged here and who of this participant saw it. */
@Injectable()
export class AuditSearch {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
    private readonly pseudonyms: ReviewPseudonyms,
  ) {}

  /** Records within the officer's reach, newest first; that they were asked for is in the access log before. */
  async search(call: Call<'searchRecords'>): Promise<Page<AuditRecord>> {
    const { cursor, limit, reason, ...criteria } = call.query;
    const before = readCursor(position, cursor);
    await this.recorder.recorded(await this.accessLog.audited(call, { action: 'AUDIT_QUERIED', reason, criteria }));
    const found = await findRecords(this.dataSource.manager, {
      criteria,
      actsOf: ownActsOnly(call),
      before,
      limit: limit + 1,
    });
    const positionOf = ({ at, record_id }: FoundRecord) => ({ at: at.toISOString(), recordId: record_id });
    const { rows, next } = nextCursor(found, limit, positionOf);
    return { entries: rows.map(toAuditRecord), ...next };
  }

  /** @throws SeraiError ERR_REQUEST_NOT_FOUND for a pseudonym that stands for nobody here */
  async resolve(call: Call<'resolveOfficer'>): Promise<ResolvedOfficer> {
    const { reason, review, pseudonym } = call.query;
    await this.recorder.recorded(await this.accessLog.audited(call, { action: 'AUDIT_QUERIED', reason, criteria: {} }));
    const officers = await findOwnOfficers(this.dataSource.manager);
    const officer = officers.find((known) => this.pseudonyms.of(known, review) === pseudonym);
    if (officer === undefined) throw notFound();
    return { officer };
  }
}

const ownActsOnly = ({ reach, officer }: Pick<Call<'searchRecords'>, 'reach' | 'officer'>): string | undefined =>
  reach.country ? undefined : officer.pseudonym;
