import { z } from 'zod';
import { deskUrn, instant, officerPseudonym, uuid7 } from '../identifiers.js';
import { deskNudges } from '../notifications/desk-nudges.js';
import { problem } from '../problem.js';
import { envelopeState } from './common.js';

export const deskParams = z.object({ desk: deskUrn });

export const newNudges = deskNudges.extend({
  /** Absent or past: from the moment at which the hub accepts it. */
  effectiveFrom: instant.optional(),
});

/** Settings as an officer sent them, and what the hub said. */
export const sentNudges = z.object({
  envelopeId: uuid7,
  state: envelopeState,
  problem: problem.optional(),
  setAt: instant,
  setBy: officerPseudonym,
  effectiveFrom: instant.optional(),
  nudges: deskNudges,
});
export type SentNudges = z.infer<typeof sentNudges>;

/** How a desk is nudged: the settings that were sent for it, newest first, and contacts that the hub has given up. */
export const nudgesView = z.object({
  desk: deskUrn,
  settings: z.array(sentNudges),
  /** Keys that webhooks of the hub are signed with now, as Standard Webhooks writes them: `whpk_` and base64. */
  webhookKeys: z.array(z.string()).optional(),
  disabled: z.array(z.object({ contact: z.string(), disabledAt: instant, reason: z.string() })),
});
export type NudgesView = z.infer<typeof nudgesView>;

/** One step that the hub took because nobody at the desk had opened an urgent leg. */
export const escalationStep = z.object({
  step: z.number().int().positive(),
  rung: z.enum(['DUTY', 'DEPUTY', 'SUPERVISOR', 'SENDER']),
  at: instant,
  /** Whether anybody was on duty to be nudged; not said of the sender. */
  onDuty: z.boolean().optional(),
});
export type EscalationStep = z.infer<typeof escalationStep>;
export const escalationList = z.object({ entries: z.array(escalationStep) });
