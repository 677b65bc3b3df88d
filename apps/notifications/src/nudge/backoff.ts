const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** After each failure in a row; who failed once more than there are pauses is given up, after some four days. */
const PAUSES_MS = [
  5_000,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** The longest pause where the failure is not the address's: the server will be back, and then nobody should wait for long. */
const LONGEST_WAY_MS = 10 * MINUTE;

/** Failures in a row, the contact's own, after which it is given up. */
export const MOST_FAILURES = PAUSES_MS.length + 1;

/**
 * Milliseconds until the next attempt, a fifth more or less so that many do not come back at once.
 *
 * @param failures in a row, from 1
 * @param chance from 0 up to 1
 */
export function pauseAfter(failures: number, blame: 'target' | 'way', chance = Math.random()): number {
  const pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1] ?? PAUSES_MS[0];
  const longest = blame === 'way' ? LONGEST_WAY_MS : pause;
  return Math.round(Math.min(pause, longest) * (0.8 + 0.4 * chance));
}
