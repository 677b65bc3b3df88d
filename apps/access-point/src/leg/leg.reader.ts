import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import { instant, type LegSummary, type LegView, legRefused, uuid7 } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { findUndecided } from '../approval/approval.repository.js';
import { findAttachmentsOfLeg } from '../attachment/attachment.repository.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { findErasureState } from '../erasure/erasure.repository.js';
import type { Call } from '../officer/call.js';
import type { Officer } from '../officer/officer.js';
import { type Reach, reaches, reachOf } from '../officer/permission.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { refusalPlaintext } from '../refusal/refusal.plaintext.js';
import { Vault } from '../vault/vault.service.js';
import { canMove } from './leg.moves.js';
import { findLeg, findLegsByDueTime, findNewestLegs, type LegRecord, type LegSearch } from './leg.repository.js';
import { actionsOf, legSummaryOf, messageView, type PendingRefusal } from './leg.view.js';
import { findMessagesOfLeg, type MessageRecord } from './message.repository.js';

const position = z.object({ at: z.union([instant, z.literal('infinity')]), legId: uuid7 });

/** The same answer for what is not there and what is not for this officer: existence is confidential. */
export function notFound(): SeraiError {
  return new SeraiError('ERR_REQUEST_NOT_FOUND', 'There is no such resource for you.');
}

/** A leg that is within reach, or ERR_REQUEST_NOT_FOUND. */
export function assertReachable(reach: Reach, leg: LegRecord | undefined): LegRecord {
  if (leg && reaches(reach, leg)) return leg;
  throw notFound();
}

/** Lists and shows legs, without content. */
@Injectable()
export class LegReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: Vault,
    private readonly community: CommunityDirectory,
  ) {}

  async list({ reach, query }: Call<'listLegs'>): Promise<Page<LegSummary>> {
    const { sort, limit, cursor, direction, status, desk, overdue } = query;
    const after = readCursor(position, cursor);
    const search: LegSearch = { reach, direction, status, desk, overdue, after, limit: limit + 1 };
    const { manager } = this.dataSource;
    const found = sort === 'due' ? await findLegsByDueTime(manager, search) : await findNewestLegs(manager, search);
    const timeOf = ({ dueAt, createdAt }: LegRecord) =>
      sort === 'due' ? (dueAt?.toISOString() ?? 'infinity') : createdAt.toISOString();
    const { rows, next } = nextCursor(found, limit, (leg) => ({ at: timeOf(leg), legId: leg.legId }));
    const now = new Date();
    return { entries: rows.map((leg) => legSummaryOf(leg, now)), ...next };
  }

  async get({ officer, reach, params }: Call<'getLeg'>): Promise<LegView> {
    const { manager } = this.dataSource;
    const leg = assertReachable(reach, await findLeg(manager, params.legId));
    const messages = await findMessagesOfLeg(manager, leg.legId);
    const attachments = await findAttachmentsOfLeg(manager, leg.legId);
    const of = (message: MessageRecord) => attachments.filter(({ envelopeId }) => envelopeId === message.envelopeId);
    const pendingRefusal = await this.pendingRefusal(manager, officer, leg);
    const { erased, isHeld } = await findErasureState(manager, leg.legId);
    const hasContent = messages.some(({ content }) => content === 'STORED') && erased === undefined;
    return {
      ...legSummaryOf(leg, new Date()),
      ...(erased === undefined ? {} : { erased: { reason: erased.reason, erasedAt: erased.erasedAt } }),
      ...(isHeld ? { held: true as const } : {}),
      messages: messages.map((message) => messageView(message, of(message), this.community.current)),
      ...(pendingRefusal === undefined ? {} : { pendingRefusal }),
      actions: actionsOf(officer, leg, { hasContent, pendingRefusal: pendingRefusal !== undefined }),
    };
  }

  /** Shown only to who may refuse, and only while the leg can still be refused. */
  private async pendingRefusal(
    manager: EntityManager,
    officer: Officer,
    leg: LegRecord,
  ): Promise<PendingRefusal | undefined> {
    const reach = reachOf(officer, 'refuse');
    if (!reach || !reaches(reach, leg) || !canMove(leg, legRefused.type)) return undefined;
    const pending = await findUndecided(manager, 'REFUSAL', leg.legId);
    if (pending?.state !== 'WAITING') return undefined;
    const contents = await this.vault.readAll(manager, [pending.approvalId]);
    if (contents.size === 0) return undefined;
    const { ground, items } = refusalPlaintext.parse(contents.get(pending.approvalId));
    return {
      refusalId: pending.approvalId,
      ground,
      ...(items === undefined ? {} : { items }),
      proposedBy: pending.proposedBy,
      proposedAt: pending.proposedAt.toISOString(),
    };
  }
}
