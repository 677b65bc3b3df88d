import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type AuditRecord, questionAnswer } from '#libs/contracts';
import { toAuditRecord } from '../audit/audit-record.view.js';
import { findRecordsById } from '../audit/audit-search.repository.js';
import { Vault } from '../vault/vault.service.js';
import type { AnomalyRow } from './anomaly.repository.js';

/** What an item rests on, and what the officer said. */
@Injectable()
export class AnomalyRecords {
  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: Vault,
  ) {}

  /** Newest first. */
  async of({ records, from, until }: AnomalyRow): Promise<AuditRecord[]> {
    return (await findRecordsById(this.dataSource.manager, { ids: records, from, until })).map(toAuditRecord);
  }

  /** Undefined where there is none, or none any more. */
  async answerTo({ answer_id: id }: AnomalyRow): Promise<string | undefined> {
    if (id === null) return undefined;
    const content = (await this.vault.readAll(this.dataSource.manager, [id])).get(id);
    return content === undefined ? undefined : questionAnswer.parse(content).text;
  }
}
