import { z } from 'zod';
import { instant, officerPseudonym, uuid7 } from '../identifiers.js';
import { pageOf } from './common.js';

/** Why content is erased. `RETENTION` is also what the access point does by itself when its time is over. */
export const erasureReason = z.enum(['RETENTION', 'OWNER_REQUEST', 'COURT_ORDER', 'PROTECTION', 'ERROR']);
export type ErasureReason = z.infer<typeof erasureReason>;

export const eraseBody = z.object({ reason: erasureReason });

/** What was erased of a leg; the signed messages stay, as ciphertext. */
export const erasedLeg = z.object({
  legId: uuid7,
  reason: erasureReason,
  /** When it was decided. */
  erasedAt: instant,
  /** Keys that were destroyed: of messages, notes, assignments, refusals and proposals. */
  records: z.number().int().nonnegative(),
});
export type ErasedLeg = z.infer<typeof erasedLeg>;

/** Most characters of why something is held, or no longer. */
const MAX_REASON = 1000;

export const holdReason = z.object({
  reason: z.string().trim().min(10).max(MAX_REASON).meta({ description: 'Why, without personal data' }),
});

/** Keeps the content of a leg from being erased until it is released. */
export const holdView = z.object({
  holdId: uuid7,
  legId: uuid7,
  placedAt: instant,
  placedBy: officerPseudonym,
  reason: z.string(),
  released: z.object({ at: instant, by: officerPseudonym, reason: z.string() }).optional(),
});
export type HoldView = z.infer<typeof holdView>;
export const holdList = pageOf(holdView);
