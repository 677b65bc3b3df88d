import { z } from 'zod';
import { handlingCode, outcomeCode, refusalGround } from '../codes.js';
import { instant, itemId, uuid7 } from '../identifiers.js';
import { answerContent, caveat, textContent } from '../requests/content.js';
import { newAttachments } from './attachments.js';
import { sentEnvelope } from './common.js';

export const authorisationBody = textContent.extend({ expectedBy: instant });

/** A partial or final answer; every statement in it carries grade and handling code. */
export const responseBody = answerContent.extend({
  final: z.boolean(),
  handling: handlingCode,
  caveats: z.array(caveat).max(20),
  attachments: newAttachments.optional(),
});
export type ResponseBody = z.infer<typeof responseBody>;

/** A refusal of the whole request, or of the named items. The true ground stays in the country when `discloseGround` is false. */
export const refusalBody = z.object({
  ground: refusalGround,
  discloseGround: z.boolean().default(true),
  items: z.array(itemId).min(1).max(50).optional(),
  reason: textContent.optional(),
});
export type RefusalBody = z.input<typeof refusalBody>;

/** Grounds on which no officer refuses alone: another supervisor countersigns before anything leaves the country. */
export const SENSITIVE_REFUSAL_GROUNDS = ['NATIONAL_SECURITY', 'INTERNATIONAL_PROTECTION'] as const;

/** `envelopeId` once the refusal was signed; without it the refusal waits for the countersignature of another supervisor. */
export const refusalAnswer = z.object({ refusalId: uuid7, envelopeId: uuid7.optional() });
export type RefusalAnswer = z.infer<typeof refusalAnswer>;

export const closeBody = z.object({
  outcome: outcomeCode,
  usefulness: z.number().int().min(1).max(5).optional(),
  comment: textContent.optional(),
});
export type CloseBody = z.infer<typeof closeBody>;

export const withdrawBody = z.object({ reason: textContent.optional() });

export const clarificationAnswer = sentEnvelope.extend({ clarificationId: uuid7 });
