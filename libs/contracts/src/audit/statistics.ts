import { z } from 'zod';
import { audience } from '../cloud-event.js';
import { priority } from '../codes.js';
import { compactJws } from '../hub-api/compact-jws.js';
import { instant, sha256 } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';

/** With the cosignatures of some hundred witnesses. */
const MAX_CHECKPOINT_TEXT = 65_536;

/** One a year, and one for each key that was lost. */
const MAX_OPENINGS = 1_000;

/** Who asked whom: a country is a participant to which the directory gives one, everybody else an organisation. */
export const pairClass = z.enum([
  'BETWEEN_COUNTRIES',
  'COUNTRY_TO_ORGANISATION',
  'ORGANISATION_TO_COUNTRY',
  'BETWEEN_ORGANISATIONS',
]);
export type PairClass = z.infer<typeof pairClass>;

/** What legs are counted by, each by its own time: how often it came to pass within the period. */
export const measure = z.enum([
  'SUBMITTED',
  'RECEIVED',
  'ANSWERED',
  'PARTIALLY_REFUSED',
  'REFUSED',
  'DECLINED_UNSPECIFIED',
  'WITHDRAWN',
  'OVERDUE',
  'EXCUSED',
]);
export type Measure = z.infer<typeof measure>;

const count = z.number().int().nonnegative().nullable().meta({ description: 'null: suppressed' });
const byPair = z.record(z.enum([...pairClass.options, 'TOTAL']), count);
const byPriority = z.enum([...priority.options, 'TOTAL']);

export const statisticsTable = z.strictObject({
  counts: z.record(measure, z.record(byPriority, byPair)),
  refusedByRules: count.meta({ description: 'Requests that the rules of the hub refused; null: suppressed' }),
  medianMinutes: z.record(byPriority, count).meta({
    description: 'From the delivery to the final answer, pauses included; null: none, or too few answers',
  }),
});
export type StatisticsTable = z.infer<typeof statisticsTable>;

export const statisticsIssued = defineMessage({
  type: 'serai.audit.statistics.issued.v1',
  channel: 'audit.answers',
  summary:
    'Statistics of a period, counted from the events under one checkpoint of the log: whoever may read these counts the same.',
  header: z.object({
    audience,
    /** Which rules of counting and suppression; docs/evidence.md has those of 1. */
    rules: z.number().int().positive(),
    from: instant,
    to: instant.meta({ description: 'The period ends before this instant' }),
    checkpoint: z.string().max(MAX_CHECKPOINT_TEXT).meta({ description: 'Signed note with its cosignatures' }),
    openings: z.array(compactJws).max(MAX_OPENINGS).optional().meta({
      description:
        'First leaves of the logs that continue others, the oldest first: each names the end of the one before',
    }),
    /** By which the pair classes were told apart. */
    directory: z.object({ version: z.number().int().nonnegative(), head: sha256 }),
    table: statisticsTable,
  }),
});

export const AUDIT_ANSWERS = [statisticsIssued] as const;
