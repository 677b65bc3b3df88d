import { z } from 'zod';

/** Shorter would take from access points that were away what proves their messages. */
const LEAST_DAYS = 90;

/** For so many days what opens a leaf is kept; undefined: for ever. */
export const retentionDays = z.coerce
  .number(`must be a number of days from ${LEAST_DAYS} to 36500`)
  .int()
  .min(LEAST_DAYS)
  .max(36_500)
  .optional();
