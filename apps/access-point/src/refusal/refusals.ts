import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { legRefused, type RefusalAnswer, SENSITIVE_REFUSAL_GROUNDS } from '#libs/contracts';
import type { ApprovalRecord, NewApproval } from '../approval/approval.repository.js';
import { APPROVAL_LIFE_MS, ApprovalBook } from '../approval/approval-book.js';
import { Responsibility, type Responsible } from '../approval/responsibility.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { assertItems } from '../leg/leg.acts.js';
import { assertCanMove } from '../leg/leg.moves.js';
import { assertReachable } from '../leg/leg.reader.js';
import type { LegRecord } from '../leg/leg.repository.js';
import { LegSender } from '../leg/leg.sender.js';
import type { Act, Call } from '../officer/call.js';
import { requireReach } from '../officer/permission.js';
import { Vault } from '../vault/vault.service.js';
import { type RefusalPlaintext, refusalPlaintext } from './refusal.plaintext.js';
import { insertRefusal } from './refusal.repository.js';

/** Refusals with a ground. The true ground stays in the vault; on a sensitive one nothing is sent before a second supervisor agrees. */
@Injectable()
export class Refusals {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly sender: LegSender,
    private readonly vault: Vault,
    private readonly approvals: ApprovalBook,
    private readonly responsibility: Responsibility,
  ) {}

  refuse(call: Call<'refuse'>): Promise<RefusalAnswer> {
    const refusal = call.body;
    const isSensitive = needsSecondPerson(refusal);
    const reach = isSensitive ? requireReach(call.officer, 'refuseOnSensitiveGround') : call.reach;
    return this.idempotency.once(call, async (tx) => {
      const leg = assertReachable(reach, await this.sender.open(tx, call));
      assertItems(leg, refusal.items ?? []);
      const refusalId = v7();
      if (isSensitive) {
        // Nobody should be asked to countersign what cannot go out.
        assertCanMove(leg, legRefused.type);
        await this.approvals.propose(tx, proposalOf(call, leg, refusalId), refusal);
        return { refusalId };
      }
      await this.vault.store(tx, [{ recordId: refusalId, content: refusal }]);
      const officers = { proposedBy: call.officer.pseudonym };
      const envelopeId = await this.send(tx, call, { leg, refusalId, refusal, officers });
      return { refusalId, envelopeId };
    });
  }

  /** Sends what a second supervisor agrees to. */
  async letOut(
    tx: EntityManager,
    call: Act,
    { approvalId, legId, proposedBy }: ApprovalRecord,
    proposal: unknown,
  ): Promise<string> {
    const leg = await this.sender.open(tx, { ...call, params: { legId } });
    assertCanMove(leg, legRefused.type);
    const refusal = refusalPlaintext.parse(proposal);
    const officers = { proposedBy, approvedBy: call.officer.pseudonym };
    return this.send(tx, call, { leg, refusalId: approvalId, refusal, officers });
  }

  private async send(tx: EntityManager, call: Act, { leg, refusalId, refusal, officers }: Sending): Promise<string> {
    const { ground, discloseGround, items, reason } = refusal;
    const isDisclosed = discloseGround && !needsSecondPerson(refusal);
    const envelopeId = v7();
    await insertRefusal(tx, { refusalId, legId: leg.legId, envelopeId });
    const responsible = this.responsibility.commit(envelopeId, officers);
    return this.sender.send(tx, { ...call, params: leg }, leg, {
      contract: legRefused,
      envelopeId,
      header: { ground: isDisclosed ? ground : 'CONFIDENTIAL', items, responsible },
      content: reason,
    });
  }
}

/** A refusal that goes out, and who answers for it. */
interface Sending {
  readonly leg: LegRecord;
  readonly refusalId: string;
  readonly refusal: RefusalPlaintext;
  readonly officers: Responsible;
}

function proposalOf({ acting, officer }: Call<'refuse'>, leg: LegRecord, approvalId: string): NewApproval {
  return {
    approvalId,
    kind: 'REFUSAL',
    requestId: leg.requestId,
    legId: leg.legId,
    desk: acting.desk,
    recipientParticipant: leg.requesterParticipant,
    recipientDesk: leg.requesterDesk,
    expiresAt: new Date(Date.now() + APPROVAL_LIFE_MS),
    officer,
  };
}

const sensitive: readonly string[] = SENSITIVE_REFUSAL_GROUNDS;

function needsSecondPerson({ ground }: RefusalPlaintext): boolean {
  return sensitive.includes(ground);
}
