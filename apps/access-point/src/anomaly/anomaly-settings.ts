import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SeraiError } from '#libs/errors';

/** Nest token of {@link AnomalySettings}. */
export const ANOMALY_SETTINGS = Symbol('ANOMALY_SETTINGS');

const days = (start: number) => z.number().positive().max(365).default(start);
const count = (start: number) => z.number().int().min(1).max(10_000).default(start);
const amount = (start: number) => z.number().min(0).max(1_000_000).default(start);

/** What the rules measure with, and the values that they start from (domain reference D.8). */
export const anomalySettings = z
  .strictObject({
    /** Legs opened in a shift: more than the median of the desk and so many median deviations of at least `leastDeviation` legs. Quiet until the desk had so many shifts. */
    AN1: z
      .strictObject({
        shiftHours: amount(8),
        deviations: amount(4),
        leastDeviation: amount(1),
        leastShifts: count(20),
        days: days(28),
      })
      .prefault({}),
    /** Searches and exports that name no leg, request or message. */
    AN2: z.strictObject({ count: count(3), days: days(7) }).prefault({}),
    /** Looks for a desk farther than so many hours from every shift of its roster. */
    AN3: z.strictObject({ count: count(1), toleranceHours: amount(2), days: days(1) }).prefault({}),
    /** Occasions, so many minutes long, on which an officer opened a leg that he or she never acted on. */
    AN4: z.strictObject({ count: count(5), occasionMinutes: amount(15), days: days(7) }).prefault({}),
    /** Legs opened less than so many hours before they were withdrawn, or closed as of no use, by somebody else. */
    AN6: z.strictObject({ count: count(3), hours: amount(24), days: days(30) }).prefault({}),
    /** Exports within so many minutes. */
    AN9: z.strictObject({ count: count(5), minutes: amount(60), days: days(1) }).prefault({}),
    /** Looks after the end of the officer's posting; own messages refused because their key was no longer in force. */
    AN10: z.strictObject({ count: count(1), days: days(7) }).prefault({}),
    /** Messages signed so many seconds later than the hub took them. */
    AN11: z.strictObject({ count: count(1), seconds: amount(120), days: days(1) }).prefault({}),
    /** Legs that one participant has not taken delivery of after so many hours, while others took theirs. */
    AN12: z.strictObject({ count: count(3), hours: amount(4), days: days(7) }).prefault({}),
    /** Part of the looks at content of which the officer is asked without any suspicion; from 0 to 1. */
    SAMPLE: z.strictObject({ share: z.number().min(0).max(1).default(0.01), days: days(7) }).prefault({}),
  })
  .prefault({});
export type AnomalySettings = z.output<typeof anomalySettings>;

/**
 * Settings of a JSON file that names what differs from the start values; without a file these.
 *
 * @throws SeraiError ERR_CONFIG_INVALID
 */
export function readAnomalySettings(file: string | undefined): AnomalySettings {
  if (file === undefined) return anomalySettings.parse({});
  const parsed = anomalySettings.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  throw invalid(file, z.prettifyError(parsed.error), parsed.error);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw invalid(file, 'it cannot be read as JSON', error);
  }
}

const invalid = (file: string, what: string, cause: unknown) =>
  new SeraiError('ERR_CONFIG_INVALID', `SERAI_ACCESS_POINT_ANOMALY_RULES names ${file}: ${what}.`, { cause });
