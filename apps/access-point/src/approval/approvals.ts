import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ApprovalSummary, SentEnvelope } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { notFound } from '../leg/leg.reader.js';
import { lockLeg } from '../leg/leg.repository.js';
import type { Call } from '../officer/call.js';
import type { Officer } from '../officer/officer.js';
import { Refusals } from '../refusal/refusals.js';
import { RequestReleases } from '../request/request-releases.js';
import { Vault } from '../vault/vault.service.js';
import { type ApprovalRecord, findApproval, lockApproval } from './approval.repository.js';
import { approvalSummaryOf } from './approval.view.js';
import { ApprovalBook } from './approval-book.js';

/** Throws when an officer may not decide on a proposal. */
type Check = (approval: ApprovalRecord, officer: Officer) => void;

/** Second persons let out what others have proposed, or do not; whoever proposed it takes it back. */
@Injectable()
export class Approvals {
  constructor(
    private readonly dataSource: DataSource,
    private readonly idempotency: Idempotency,
    private readonly book: ApprovalBook,
    private readonly vault: Vault,
    private readonly refusals: Refusals,
    private readonly releases: RequestReleases,
  ) {}

  approve(call: Call<'approve'>): Promise<SentEnvelope> {
    return this.letOut(call, call.params.approvalId, assertSecondPerson);
  }

  /** As {@link approve}, for a refusal of this leg. */
  countersign(call: Call<'countersignRefusal'>): Promise<SentEnvelope> {
    return this.letOut(call, call.params.refusalId, (approval, officer) => {
      if (approval.kind !== 'REFUSAL' || approval.legId !== call.params.legId) throw notFound();
      assertSecondPerson(approval, officer);
    });
  }

  reject(call: Call<'reject'>): Promise<ApprovalSummary> {
    return this.end(call, assertSecondPerson, { state: 'REJECTED', kept: call.body });
  }

  withdraw(call: Call<'withdrawApproval'>): Promise<ApprovalSummary> {
    return this.end(call, assertOwn, { state: 'WITHDRAWN' });
  }

  private letOut(
    call: Call<'approve' | 'countersignRefusal'>,
    approvalId: string,
    check: Check,
  ): Promise<SentEnvelope> {
    const { officer } = call;
    return this.idempotency.once(call, async (tx) => {
      const approval = await lockWaiting(tx, approvalId, (found) => check(found, officer));
      const proposal = await this.vault.read(tx, approvalId);
      const isRefusal = approval.kind === 'REFUSAL';
      const envelopeId = await (isRefusal ? this.refusals : this.releases).letOut(tx, call, approval, proposal);
      // The true ground of a refusal stays here; what a request says is with its message from now on.
      const kept = isRefusal ? proposal : undefined;
      await this.book.end(tx, approval, { state: 'APPROVED', officer, envelopeId, kept });
      return { envelopeId };
    });
  }

  private async end(
    call: Call<'reject' | 'withdrawApproval'>,
    check: Check,
    ending: { state: 'REJECTED' | 'WITHDRAWN'; kept?: unknown },
  ): Promise<ApprovalSummary> {
    const { officer, params } = call;
    await this.idempotency.once(call, async (tx) => {
      const approval = await lockWaiting(tx, params.approvalId, (found) => check(found, officer));
      await this.book.end(tx, approval, { ...ending, officer });
      return params;
    });
    return approvalSummaryOf((await findApproval(this.dataSource.manager, params.approvalId))!);
  }
}

/** Leg before proposal, as whoever proposes does: two that wait for each other would both wait. */
async function lockWaiting(
  tx: EntityManager,
  approvalId: string,
  check: (approval: ApprovalRecord) => void,
): Promise<ApprovalRecord> {
  const found = await findApproval(tx, approvalId);
  if (!found) throw notFound();
  check(found);
  await lockLeg(tx, found.legId);
  const locked = (await lockApproval(tx, approvalId))!;
  if (locked.state === 'WAITING') return locked;
  throw new SeraiError('ERR_APPROVAL_NOT_WAITING', `This is ${locked.state}. Nothing of it can be let out any more.`);
}

/** Neither the same account nor the same officer under another one, for whatever desk. */
function assertSecondPerson({ proposedBySubject, proposedBy }: ApprovalRecord, officer: Officer): void {
  if (proposedBySubject !== officer.subject && proposedBy !== officer.pseudonym) return;
  throw new SeraiError(
    'ERR_OFFICER_NEEDS_SECOND_PERSON',
    'You have proposed this yourself. Another supervisor must decide on it; you may withdraw it.',
  );
}

function assertOwn({ proposedBySubject }: ApprovalRecord, officer: Officer): void {
  if (proposedBySubject !== officer.subject) throw notFound();
}
