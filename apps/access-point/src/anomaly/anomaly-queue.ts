import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type AnomalySummary, type AnomalyView, uuid7 } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { notFound } from '../leg/leg.reader.js';
import type { AnyCall, Call } from '../officer/call.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { type AnomalyRow, findItems, insertStep, lockItem } from './anomaly.repository.js';
import { toSummary, toView } from './anomaly.view.js';
import { AnomalyRecords } from './anomaly-records.js';

/** What auditors work on: each item asked about, answered and concluded by people, never by an auditor whom it is about. */
@Injectable()
export class AnomalyQueue {
  constructor(
    private readonly dataSource: DataSource,
    private readonly idempotency: Idempotency,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
    private readonly records: AnomalyRecords,
  ) {}

  async list(call: Call<'listAnomalies'>): Promise<Page<AnomalySummary>> {
    const { cursor, limit, ...criteria } = call.query;
    const before = readCursor(uuid7, cursor);
    await this.record(call, criteria.officer === undefined ? {} : { officer: criteria.officer });
    const notAbout = call.officer.subject;
    const found = await findItems(this.dataSource.manager, { ...criteria, notAbout, before, limit: limit + 1 });
    const { rows, next } = nextCursor(found, limit, ({ item_id }) => item_id);
    return { entries: rows.map(toSummary), ...next };
  }

  /** @throws SeraiError ERR_REQUEST_NOT_FOUND */
  async get(call: Call<'getAnomaly'>): Promise<AnomalyView> {
    const { itemId } = call.params;
    await this.itemFor(this.dataSource.manager, call, itemId);
    return this.show(call, itemId);
  }

  /** @throws SeraiError ERR_REQUEST_NOT_FOUND, ERR_ANOMALY_MOVE_NOT_ALLOWED */
  async ask(call: Call<'requestJustification'>): Promise<AnomalyView> {
    const { itemId } = call.params;
    await this.idempotency.once(call, async (tx) => {
      const { state, officer } = await this.locked(tx, call, itemId);
      if (officer === null) throw refused('It is about a participant, not about an officer who could be asked.');
      if (state !== 'OPEN') throw refused('The officer was asked already.', state);
      await insertStep(tx, { itemId, step: 'QUESTION', ...saidBy(call), text: call.body.question });
      return { itemId };
    });
    return this.show(call, itemId);
  }

  /** @throws SeraiError ERR_REQUEST_NOT_FOUND, ERR_ANOMALY_MOVE_NOT_ALLOWED */
  async conclude(call: Call<'concludeAnomaly'>): Promise<AnomalyView> {
    const { itemId } = call.params;
    const { outcome, reason } = call.body;
    await this.idempotency.once(call, async (tx) => {
      const { state, officer, overdue, outcome: concluded } = await this.locked(tx, call, itemId);
      if (concluded !== null) throw refused('It was concluded already.', state);
      const isHeard = officer === null || state === 'JUSTIFICATION_GIVEN' || overdue;
      if (outcome !== 'JUSTIFIED' && !isHeard) {
        throw refused(
          'Nothing is concluded against an officer who has not been asked, or still has time to answer.',
          state,
        );
      }
      await insertStep(tx, { itemId, step: 'CONCLUSION', ...saidBy(call), text: reason, outcome });
      return { itemId };
    });
    return this.show(call, itemId);
  }

  private async show(call: AnyCall, itemId: string): Promise<AnomalyView> {
    await this.record(call, { reference: itemId });
    const item = await this.itemFor(this.dataSource.manager, call, itemId);
    return toView(item, await this.records.of(item), await this.records.answerTo(item));
  }

  private async record(
    call: AnyCall,
    criteria: { readonly reference?: string; readonly officer?: string },
  ): Promise<void> {
    await this.recorder.recorded(await this.accessLog.audited(call, { action: 'AUDIT_QUERIED', criteria }));
  }

  private async locked(tx: EntityManager, call: AnyCall, itemId: string): Promise<AnomalyRow> {
    await lockItem(tx, itemId);
    return this.itemFor(tx, call, itemId);
  }

  private async itemFor(manager: EntityManager, { officer }: AnyCall, itemId: string): Promise<AnomalyRow> {
    const [item] = await findItems(manager, { itemId, notAbout: officer.subject, limit: 1 });
    if (item === undefined) throw notFound();
    return item;
  }
}

const saidBy = ({ officer: { subject, pseudonym } }: AnyCall) => ({ at: new Date(), subject, officer: pseudonym });

const refused = (why: string, state?: string) =>
  new SeraiError('ERR_ANOMALY_MOVE_NOT_ALLOWED', why, { detail: { state } });
