import { z } from 'zod';
import { deskUrn, instant, officerPseudonym, participantUrn, uuid7 } from '../identifiers.js';
import { textContent } from '../requests/content.js';
import { pageOf, pageQuery } from './common.js';

/** Acts that one officer proposes and another one lets out: a request to the country of a person whose claim to protection is unknown, a refusal on a sensitive ground. */
export const approvalKind = z.enum(['REQUEST_RELEASE', 'REFUSAL']);
export type ApprovalKind = z.infer<typeof approvalKind>;

/** Where a proposal stands. `REPLACED`: a newer one took its place. */
export const approvalState = z.enum(['WAITING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'REPLACED']);
export type ApprovalState = z.infer<typeof approvalState>;

/** What waits, or waited, for a second person; without what it says. */
export const approvalSummary = z.object({
  approvalId: uuid7,
  kind: approvalKind,
  state: approvalState,
  requestId: uuid7,
  /** Of a held request: the leg that it becomes once it is let go. */
  legId: uuid7,
  /** Own desk for which it was proposed. */
  desk: deskUrn,
  /** Whom it is for. */
  recipient: z.object({ participant: participantUrn, desk: deskUrn }),
  proposedBy: officerPseudonym,
  proposedAt: instant,
  /** When it can no longer be let out. */
  expiresAt: instant,
  /** Who approved, rejected or withdrew it; nobody where time or a newer proposal did. */
  decidedBy: officerPseudonym.optional(),
  decidedAt: instant.optional(),
  /** The message that it became. */
  envelopeId: uuid7.optional(),
});
export type ApprovalSummary = z.infer<typeof approvalSummary>;
export const approvalList = pageOf(approvalSummary);

export const approvalsQuery = pageQuery.extend({ state: approvalState.optional() });
export const approvalParams = z.object({ approvalId: uuid7 });

/** Why a second person does not let it out; the proposer reads it. */
export const rejectionBody = z.object({ reason: textContent });

/** A leg that waits for a second person. The approval has the id that the leg will have. */
export const heldLeg = z.object({
  approvalId: uuid7,
  participant: participantUrn,
  desk: deskUrn,
  state: approvalState,
});
