import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ExportedRecords, MAX_EXPORTED_RECORDS } from '#libs/contracts';
import { signRecords } from '#libs/evidence';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';
import type { Call } from '../officer/call.js';
import { toAuditRecord } from './audit-record.view.js';
import { findRecords } from './audit-search.repository.js';
import { ReviewPseudonyms } from './review-pseudonyms.js';

/** Hands out found records as a statement of this participant that a stranger can check. */
@Injectable()
export class AuditExport {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
    private readonly pseudonyms: ReviewPseudonyms,
  ) {}

  /**
   * The newest records that meet the criteria; that they were handed out is in the access log before.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE while the hub does not give the directory
   */
  async export(call: Call<'exportRecords'>): Promise<ExportedRecords> {
    const { reason, review, ...criteria } = call.query;
    await this.recorder.recorded(await this.accessLog.audited(call, { action: 'EXPORTED', reason, criteria }));
    const search = { criteria, actsOf: undefined, before: undefined, limit: MAX_EXPORTED_RECORDS + 1 };
    const found = await findRecords(this.dataSource.manager, search);
    const records = found.slice(0, MAX_EXPORTED_RECORDS).map(toAuditRecord);
    const { participant, realm, keystore } = this.identity;
    const statement = await signRecords(
      {
        format: 'serai-records/1',
        realm,
        participant,
        exportedAt: new Date().toISOString(),
        by: review === undefined ? call.officer.pseudonym : this.pseudonyms.of(call.officer.pseudonym, review),
        reason,
        ...(review === undefined ? {} : { review }),
        criteria,
        complete: found.length <= MAX_EXPORTED_RECORDS,
        records: records.map((record) => (review === undefined ? record : this.pseudonyms.forReview(record, review))),
      },
      keystore.signer(),
    );
    // Asked for last: it must be younger than the statement.
    const { changes, statement: stated } = await this.community.published();
    return { statement, directory: { changes, statement: stated } };
  }
}
