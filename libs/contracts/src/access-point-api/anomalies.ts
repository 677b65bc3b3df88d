import { z } from 'zod';
import { deskUrn, instant, officerPseudonym, participantUrn, uuid7 } from '../identifiers.js';
import { auditReason, auditRecord } from './audit-records.js';
import { pageOf, pageQuery } from './common.js';

/** Rules over the audit metadata, numbered as in the domain reference. `SAMPLE`: drawn at random, so that to be asked is no accusation. */
export const anomalyRule = z.enum(['AN1', 'AN2', 'AN3', 'AN4', 'AN6', 'AN9', 'AN10', 'AN11', 'AN12', 'SAMPLE']);
export type AnomalyRule = z.infer<typeof anomalyRule>;

/** What an auditor concludes. The agency acts on it; nothing happens by itself. */
export const anomalyOutcome = z.enum(['JUSTIFIED', 'MISCONDUCT_REFERRED', 'ACCESS_SUSPENDED']);
export type AnomalyOutcome = z.infer<typeof anomalyOutcome>;

export const anomalyState = z.enum([
  'OPEN',
  'JUSTIFICATION_REQUESTED',
  'JUSTIFICATION_GIVEN',
  ...anomalyOutcome.options,
]);
export type AnomalyState = z.infer<typeof anomalyState>;

/** An officer has so many hours to answer. */
export const JUSTIFICATION_HOURS = 72;
/** Most records that one item names. */
export const MAX_ANOMALY_RECORDS = 100;
const MAX_ANSWER = 5_000;

/** What a rule found: about an officer of this participant, or about how a participant's messages came. */
export const anomalySummary = z.object({
  itemId: uuid7,
  rule: anomalyRule,
  state: anomalyState,
  officer: officerPseudonym.optional(),
  participant: participantUrn.optional(),
  desk: deskUrn.optional(),
  legId: uuid7.optional(),
  from: instant.meta({ description: 'Of the first record that it rests on' }),
  until: instant.meta({ description: 'Of the last one' }),
  score: z.number().meta({ description: 'What the rule measured' }),
  threshold: z.number().meta({ description: 'From which on the rule names it' }),
  foundAt: instant,
  answerDue: instant.optional().meta({ description: 'Until when the officer may take to answer' }),
  overdue: z.boolean().meta({ description: 'The officer has not answered in time' }),
});
export type AnomalySummary = z.infer<typeof anomalySummary>;
export const anomalyList = pageOf(anomalySummary);

export const anomalyQuery = pageQuery.extend({
  state: anomalyState.optional(),
  rule: anomalyRule.optional(),
  officer: officerPseudonym.optional(),
});

const said = z.object({ at: instant, by: officerPseudonym, text: z.string() });
/** What an officer answered; the text is absent once it was erased. */
const answered = said.partial({ text: true });

/** An item with what it rests on and what was said of it. */
export const anomalyView = anomalySummary.extend({
  records: z.array(auditRecord).max(MAX_ANOMALY_RECORDS).meta({ description: 'The newest of those it rests on' }),
  question: said.optional(),
  answer: answered.optional(),
  conclusion: said.extend({ outcome: anomalyOutcome }).optional(),
});
export type AnomalyView = z.infer<typeof anomalyView>;

export const anomalyParams = z.object({ itemId: uuid7 });

/** The same words for everybody, unless an auditor needs others. */
export const DEFAULT_QUESTION = 'Please say why you needed to see this.';
export const justificationRequest = z.object({ question: auditReason.default(DEFAULT_QUESTION) });
export const anomalyConclusion = z.object({ outcome: anomalyOutcome, reason: auditReason });

/** What an officer is asked: about which of the own acts, in which words. Not by which rule, and not with which score. */
export const questionView = z.object({
  itemId: uuid7,
  question: z.string(),
  askedAt: instant,
  answerDue: instant,
  acts: z
    .array(auditRecord.pick({ recordId: true, at: true, action: true, type: true, desk: true, legId: true }))
    .max(MAX_ANOMALY_RECORDS),
  answer: answered.omit({ by: true }).optional(),
});
export type QuestionView = z.infer<typeof questionView>;
export const questionList = pageOf(questionView);
export const questionAnswer = z.object({ text: z.string().trim().min(1).max(MAX_ANSWER) });
