import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type ApprovalSummary, type ApprovalView, instant, uuid7 } from '#libs/contracts';
import { inTransaction } from '#libs/persistence';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { notFound } from '../leg/leg.reader.js';
import type { Call } from '../officer/call.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { refusalPlaintext } from '../refusal/refusal.plaintext.js';
import { heldRequest } from '../request/held-request.js';
import { Vault } from '../vault/vault.service.js';
import { type ApprovalRecord, findApproval, findApprovals } from './approval.repository.js';
import { approvalSummaryOf } from './approval.view.js';
import { rejection } from './rejection.js';

const position = z.object({ at: instant, approvalId: uuid7 });

/** Shows what waits for a second person. */
@Injectable()
export class ApprovalReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: Vault,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
  ) {}

  async list({ officer, reach, query }: Call<'listApprovals'>): Promise<Page<ApprovalSummary>> {
    const { limit, cursor, state } = query;
    const found = await findApprovals(this.dataSource.manager, {
      subject: reach.country ? undefined : officer.subject,
      state,
      before: readCursor(position, cursor),
      limit: limit + 1,
    });
    const positionOf = ({ proposedAt, approvalId }: ApprovalRecord) => ({ at: proposedAt.toISOString(), approvalId });
    const { rows, next } = nextCursor(found, limit, positionOf);
    return { entries: rows.map(approvalSummaryOf), ...next };
  }

  /** What was proposed is opened only after the log entry has committed. */
  async get(call: Call<'getApproval'>): Promise<ApprovalView> {
    const { approval, entryId } = await inTransaction(this.dataSource, async (tx) => {
      const found = await findApproval(tx, call.params.approvalId);
      if (!found || !(call.reach.country || found.proposedBySubject === call.officer.subject)) throw notFound();
      return { approval: found, entryId: await this.accessLog.consulted(tx, { ...call, legId: found.legId }) };
    });
    await this.recorder.recorded(entryId);
    const contents = await this.vault.readAll(this.dataSource.manager, [approval.approvalId]);
    return { ...approvalSummaryOf(approval), ...wordsOf(approval, contents.get(approval.approvalId)) };
  }
}

function wordsOf({ kind, state }: ApprovalRecord, content: unknown): Partial<ApprovalView> {
  if (content === undefined) return {};
  if (state === 'REJECTED') return rejection.parse(content);
  return kind === 'REFUSAL'
    ? { refusal: refusalPlaintext.parse(content) }
    : { request: heldRequest.parse(content).body };
}
