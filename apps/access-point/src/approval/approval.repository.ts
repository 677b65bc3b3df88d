import type { EntityManager } from 'typeorm';
import type { ApprovalKind, ApprovalState } from '#libs/contracts';
import type { Officer } from '../officer/officer.js';

/** A proposal as it stands; one whose time is over is EXPIRED, whether or not anybody has noticed. */
export interface ApprovalRecord {
  readonly approvalId: string;
  readonly kind: ApprovalKind;
  readonly state: ApprovalState;
  readonly requestId: string;
  readonly legId: string;
  readonly desk: string;
  readonly recipientParticipant: string;
  readonly recipientDesk: string;
  readonly proposedBySubject: string;
  readonly proposedBy: string;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly envelopeId: string | null;
}

/** A proposal that is new. */
export type NewApproval = Pick<
  ApprovalRecord,
  'approvalId' | 'kind' | 'requestId' | 'legId' | 'desk' | 'recipientParticipant' | 'recipientDesk' | 'expiresAt'
> & { readonly officer: Officer };

const APPROVALS = `
  select approval_id as "approvalId", kind,
         case when state = 'WAITING' and expires_at <= clock_timestamp() then 'EXPIRED' else state end as state,
         request_id as "requestId", leg_id as "legId", desk, recipient_participant as "recipientParticipant",
         recipient_desk as "recipientDesk", proposed_by_subject as "proposedBySubject", proposed_by as "proposedBy",
         proposed_at as "proposedAt", expires_at as "expiresAt", decided_by as "decidedBy", decided_at as "decidedAt",
         envelope_id as "envelopeId"
    from approval`;

export async function insertApproval(tx: EntityManager, { officer, ...approval }: NewApproval): Promise<void> {
  await tx.query(
    `insert into approval (approval_id, kind, state, request_id, leg_id, desk, recipient_participant, recipient_desk,
                           proposed_by_subject, proposed_by, proposed_at, expires_at)
     values ($1, $2, 'WAITING', $3, $4, $5, $6, $7, $8, $9, now(), $10)`,
    [
      approval.approvalId,
      approval.kind,
      approval.requestId,
      approval.legId,
      approval.desk,
      approval.recipientParticipant,
      approval.recipientDesk,
      officer.subject,
      officer.pseudonym,
      approval.expiresAt,
    ],
  );
}

export async function findApproval(manager: EntityManager, approvalId: string): Promise<ApprovalRecord | undefined> {
  const [approval]: ApprovalRecord[] = await manager.query(`${APPROVALS} where approval_id = $1`, [approvalId]);
  return approval;
}

/** The proposal, held until the transaction ends: it is decided once. */
export async function lockApproval(tx: EntityManager, approvalId: string): Promise<ApprovalRecord | undefined> {
  const [approval]: ApprovalRecord[] = await tx.query(`${APPROVALS} where approval_id = $1 for update`, [approvalId]);
  return approval;
}

/** What waits on a leg, its time over or not. */
export async function findUndecided(
  manager: EntityManager,
  kind: ApprovalKind,
  legId: string,
): Promise<ApprovalRecord | undefined> {
  const [approval]: ApprovalRecord[] = await manager.query(
    `${APPROVALS} where kind = $1 and leg_id = $2 and state = 'WAITING'`,
    [kind, legId],
  );
  return approval;
}

/** The approval that let a message out. */
export async function findApprovalOf(manager: EntityManager, envelopeId: string): Promise<ApprovalRecord | undefined> {
  const [approval]: ApprovalRecord[] = await manager.query(`${APPROVALS} where envelope_id = $1`, [envelopeId]);
  return approval;
}

/** Held legs of requests: those that did not become legs. */
export async function findHeldOfRequests(
  manager: EntityManager,
  requestIds: readonly string[],
): Promise<ApprovalRecord[]> {
  return manager.query(
    `${APPROVALS} where kind = 'REQUEST_RELEASE' and state <> 'APPROVED' and request_id = any ($1::uuid[])
      order by proposed_at, approval_id`,
    [requestIds],
  );
}

/** Newest first, below a position; of one officer where `subject` is given. */
export async function findApprovals(
  manager: EntityManager,
  search: { subject?: string; state?: ApprovalState; before?: { at: string; approvalId: string }; limit: number },
): Promise<ApprovalRecord[]> {
  const { subject, state, before, limit } = search;
  return manager.query(
    `select * from (${APPROVALS}) as found
      where ($1::text is null or "proposedBySubject" = $1)
        and ($2::text is null or state = $2)
        and ($3::timestamptz is null or ("proposedAt", "approvalId") < ($3, $4::uuid))
      order by "proposedAt" desc, "approvalId" desc
      limit $5`,
    [subject, state, before?.at, before?.approvalId, limit],
  );
}

/** Undecided proposals whose time is over, held until the transaction ends. */
export async function lockExpired(tx: EntityManager, limit: number): Promise<ApprovalRecord[]> {
  return tx.query(
    `${APPROVALS} where state = 'WAITING' and expires_at <= clock_timestamp() order by expires_at limit $1
      for update skip locked`,
    [limit],
  );
}

/** Ends a proposal that is held by this transaction. */
export async function endApproval(
  tx: EntityManager,
  approvalId: string,
  { state, officer, envelopeId }: { state: ApprovalState; officer?: Officer; envelopeId?: string },
): Promise<void> {
  await tx.query(
    `update approval set state = $2, decided_by_subject = $3, decided_by = $4, decided_at = now(), envelope_id = $5
      where approval_id = $1`,
    [approvalId, state, officer?.subject, officer?.pseudonym, envelopeId],
  );
}
