import { z } from 'zod';
import { openedLeaf } from '../hub-api/audit-api.js';
import { sha256, uuid7 } from '../identifiers.js';
import { problem } from '../problem.js';

/**
 * How much stands behind a receipt, each with all before it. `ACCEPTED`: the hub made the message durable and signed that. `SEQUENCED`: the hub has given it a place in
 * the log. `LOGGED`: it is proven to be in the log under a checkpoint that the log has signed. `WITNESSED`: and enough witnesses have cosigned that.
 */
export const receiptLevel = z.enum(['ACCEPTED', 'SEQUENCED', 'LOGGED', 'WITNESSED']);
export type ReceiptLevel = z.infer<typeof receiptLevel>;

/** Longest wait for a level, in seconds. */
export const MAX_RECEIPT_WAIT_SECONDS = 30;

export const receiptQuery = z.object({
  level: receiptLevel.default('WITNESSED').meta({ description: 'What is waited for' }),
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_RECEIPT_WAIT_SECONDS)
    .default(0)
    .meta({ description: 'Answer after so many seconds at the latest, with the level that was reached' }),
});

export const messageReceipt = z.object({
  envelopeId: uuid7,
  sha256,
  level: receiptLevel
    .optional()
    .meta({ description: 'Absent until the hub has the message, and for one that it did not take' }),
  receipt: z
    .string()
    .optional()
    .meta({ description: "The gateway's signed receipt, or its signed refusal; own messages only" }),
  problem: problem
    .optional()
    .meta({ description: 'Why the hub refused the message; a refusal by its rules is in the log too' }),
  opening: openedLeaf
    .optional()
    .meta({ description: 'From SEQUENCED on: place in the log, record, and the salt that opens the leaf' }),
  proof: z
    .string()
    .optional()
    .meta({ description: 'From LOGGED on: a file of c2sp.org/tlog-proof with the checkpoint that the level is about' }),
});
export type MessageReceipt = z.infer<typeof messageReceipt>;
