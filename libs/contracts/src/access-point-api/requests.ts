import { z } from 'zod';
import { channelNature, handlingCode, priority, purposeCode, requestKind, urgencyGround } from '../codes.js';
import { deskUrn, instant, officerPseudonym, participantUrn, uuid7 } from '../identifiers.js';
import { caveat } from '../requests/content.js';
import { heldLeg } from './approvals.js';
import { newAttachments } from './attachments.js';
import { pageOf } from './common.js';
import { describedRequest } from './described-request.js';
import { legSummary } from './legs.js';

/** One addressee of a new request; without `agreement` the access point takes the one in force that covers the kind. */
export const requestRecipient = z.object({ participant: participantUrn, desk: deskUrn, agreement: uuid7.optional() });

/**
 * A request as an officer hands it in. The access point makes one signed, encrypted envelope per recipient of it, and refuses only what cannot become one
 * (desks that are not there, items that are not numbered from 1), and what a protected person must be spared: a request about somebody whose claim to
 * protection is UNKNOWN waits for a second person before it goes to the country of their nationality, one about somebody who has such a claim never goes there.
 * The hub's rules (agreement, legal basis, urgency ground) are not anticipated: their
 * refusal comes back signed.
 */
export const newRequest = z.object({
  recipients: z
    .array(requestRecipient)
    .min(1)
    .max(20)
    .refine((all) => new Set(all.map(({ participant }) => participant)).size === all.length, {
      error: 'must name each participant once',
    }),
  kind: requestKind,
  priority,
  urgencyGround: urgencyGround.optional(),
  /** What the recipients are told; the purpose of the header `Serai-Purpose` when absent. */
  purpose: purposeCode.optional(),
  channelNature,
  handling: handlingCode,
  caveats: z.array(caveat).max(20),
  /** When the request loses its sense; 30 days from now when absent. */
  expiresAt: instant.optional(),
  content: describedRequest,
  attachments: newAttachments.optional(),
});
export type NewRequest = z.infer<typeof newRequest>;

/** The request is signed and stored here; each leg's envelope goes to the hub on its own. */
export const submittedRequest = z.object({
  requestId: uuid7,
  legs: z.array(z.object({ legId: uuid7, participant: participantUrn, desk: deskUrn, envelopeId: uuid7 })),
  /** Legs that wait for a second person; nothing of them has been signed. */
  held: z.array(heldLeg).optional(),
});
export type SubmittedRequest = z.infer<typeof submittedRequest>;

/** A request that was sent from here, without its content. */
export const requestView = z.object({
  requestId: uuid7,
  kind: requestKind,
  priority,
  desk: deskUrn,
  officer: officerPseudonym,
  createdAt: instant,
  expiresAt: instant,
  legs: z.array(legSummary),
  /** Legs that wait for a second person, or were not let go. */
  held: z.array(heldLeg).optional(),
});
export type RequestView = z.infer<typeof requestView>;
export const requestList = pageOf(requestView);
