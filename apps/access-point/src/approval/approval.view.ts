import type { ApprovalSummary, SubmittedRequest } from '#libs/contracts';
import type { ApprovalRecord } from './approval.repository.js';

type HeldLeg = NonNullable<SubmittedRequest['held']>[number];

export function approvalSummaryOf(approval: ApprovalRecord): ApprovalSummary {
  const { approvalId, kind, state, requestId, legId, desk, proposedBy, decidedBy, decidedAt, envelopeId } = approval;
  return {
    approvalId,
    kind,
    state,
    requestId,
    legId,
    desk,
    recipient: { participant: approval.recipientParticipant, desk: approval.recipientDesk },
    proposedBy,
    proposedAt: approval.proposedAt.toISOString(),
    expiresAt: approval.expiresAt.toISOString(),
    ...(decidedBy === null ? {} : { decidedBy }),
    ...(decidedAt === null ? {} : { decidedAt: decidedAt.toISOString() }),
    ...(envelopeId === null ? {} : { envelopeId }),
  };
}

export function heldLegOf(approval: ApprovalRecord): HeldLeg {
  const { approvalId, recipientParticipant: participant, recipientDesk: desk, state } = approval;
  return { approvalId, participant, desk, state };
}
