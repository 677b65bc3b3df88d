import { z } from 'zod';
import { directoryChange, signedDirectoryChange } from '../directory/change.js';
import { instant, keyId, officerPseudonym, uuid7 } from '../identifiers.js';
import { problem } from '../problem.js';
import { envelopeState, pageOf } from './common.js';

export const keyUse = z.enum(['sig', 'enc']);

/** One key of this participant, as the directory and the keystore know it. */
export const keyView = z.object({
  kid: keyId,
  use: keyUse,
  /**
   * `REGISTERED` becomes active later; `ENDED` has outlived its validity; `UNREGISTERED` is in the keystore alone. A key that is `RETIRED` or
   * `COMPROMISED` from an instant on has that instant in `endedFrom`, and is `ACTIVE` until then.
   */
  state: z.enum(['UNREGISTERED', 'REGISTERED', 'ACTIVE', 'RETIRED', 'COMPROMISED', 'ENDED']),
  effectiveFrom: instant.optional(),
  validUntil: instant.optional(),
  endedFrom: instant.optional(),
  /** Whether this access point has the private half. */
  held: z.boolean(),
  /** Whether this access point signs with it now. */
  signing: z.boolean(),
});
export type KeyView = z.infer<typeof keyView>;
export const keyList = pageOf(keyView);

/** A new key in the place of those that are active for this use. */
export const newKey = z.object({
  use: keyUse,
  /** When it becomes active; now unless given. The hub takes no change that begins more than an hour before it arrives. */
  from: instant.optional(),
  /** How long the keys before it stay active beside it. */
  overlapHours: z.number().min(0).max(8_760).default(168),
});

/** The end of a key: `COMPROMISED` may begin in the past, and marks what was signed after it. */
export const keyEnd = z.object({ status: z.enum(['RETIRED', 'COMPROMISED']), from: instant.optional() });

/** Changes that somebody else must sign before they are handed in. */
export const proposedChanges = z.object({ changes: z.array(directoryChange).min(1).max(32) });
export type ProposedChanges = z.infer<typeof proposedChanges>;

/** Changes with the signatures that their kinds ask for, in their order. */
export const signedChanges = z.object({ changes: z.array(signedDirectoryChange).min(1).max(32) });
export type SignedChanges = z.infer<typeof signedChanges>;

/** Where a change stands: `PROPOSED` waits for signatures, the others are as of its envelope. */
export const directoryProposal = z.object({
  changeId: uuid7,
  change: directoryChange,
  state: z.enum(['PROPOSED', ...envelopeState.options]),
  proposedBy: officerPseudonym.optional(),
  proposedAt: instant.optional(),
  submittedBy: officerPseudonym.optional(),
  submittedAt: instant.optional(),
  problem: problem.optional(),
});
export type DirectoryProposal = z.infer<typeof directoryProposal>;
export const directoryProposalList = pageOf(directoryProposal);
