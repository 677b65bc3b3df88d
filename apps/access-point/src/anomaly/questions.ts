import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { type QuestionView, uuid7 } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import { eraseForEver, lockErasing } from '../erasure/erasure.repository.js';
import { RETENTION_DAYS } from '../erasure/retention.token.js';
import { Tombstones } from '../erasure/tombstones.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { notFound } from '../leg/leg.reader.js';
import type { Call } from '../officer/call.js';
import type { Officer } from '../officer/officer.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { Vault } from '../vault/vault.service.js';
import {
  type AnomalyRow,
  countOpenQuestions,
  findItems,
  findOldAnswers,
  insertStep,
  lockItem,
} from './anomaly.repository.js';
import { toQuestion } from './anomaly.view.js';
import { AnomalyRecords } from './anomaly-records.js';
import { before } from './anomaly-rule.js';

/** What officers are asked about their own acts, and what they answer. */
@Injectable()
export class Questions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly idempotency: Idempotency,
    private readonly vault: Vault,
    private readonly records: AnomalyRecords,
    private readonly tombstones: Tombstones,
    @Inject(RETENTION_DAYS) private readonly retentionDays: number,
  ) {}

  async list({ officer, query: { cursor, limit } }: Call<'listQuestions'>): Promise<Page<QuestionView>> {
    const selection = { askedOf: officer.subject, before: readCursor(uuid7, cursor), limit: limit + 1 };
    const found = await findItems(this.dataSource.manager, selection);
    const { rows, next } = nextCursor(found, limit, ({ item_id }) => item_id);
    const entries: QuestionView[] = [];
    for (const row of rows) entries.push(await this.viewOf(row));
    return { entries, ...next };
  }

  countOpen({ subject }: Pick<Officer, 'subject'>): Promise<number> {
    return countOpenQuestions(this.dataSource.manager, subject);
  }

  /** Also late: it is heard as long as nothing was concluded. @throws SeraiError ERR_REQUEST_NOT_FOUND, ERR_ANOMALY_MOVE_NOT_ALLOWED */
  async answer(call: Call<'answerQuestion'>): Promise<QuestionView> {
    const { itemId } = call.params;
    const { subject, pseudonym: officer } = call.officer;
    const selection = { itemId, askedOf: subject, limit: 1 };
    await this.idempotency.once(call, async (tx) => {
      await lockItem(tx, itemId);
      const [item] = await findItems(tx, selection);
      if (item === undefined) throw notFound();
      if (item.state !== 'JUSTIFICATION_REQUESTED') {
        throw new SeraiError('ERR_ANOMALY_MOVE_NOT_ALLOWED', 'It was answered already, or an auditor has concluded.');
      }
      const contentId = v7();
      await this.vault.store(tx, [{ recordId: contentId, content: call.body }]);
      await insertStep(tx, { itemId, step: 'ANSWER', at: new Date(), subject, officer, contentId });
      return { itemId };
    });
    const [item] = await findItems(this.dataSource.manager, selection);
    return this.viewOf(item!);
  }

  /** Erases what officers answered, as long after the conclusion as the content of legs after their end. */
  async forgetOldAnswers(): Promise<void> {
    if (this.retentionDays === 0) return;
    await inTransaction(this.dataSource, async (tx) => {
      const answers = await findOldAnswers(tx, before(new Date(), { days: this.retentionDays }));
      if (answers.length === 0) return;
      await lockErasing(tx);
      await this.tombstones.add(answers);
      await eraseForEver(tx, answers);
    });
  }

  private async viewOf(item: AnomalyRow): Promise<QuestionView> {
    return toQuestion(item, await this.records.of(item), await this.records.answerTo(item));
  }
}
