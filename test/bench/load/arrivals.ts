/** Share of the interval between two arrivals by which one may come late: enough that they do not keep step with any timer. */
const JITTER = 0.5;

/**
 * Moments of arrivals at a constant mean rate, in milliseconds from the start, in order. Nobody waits for anybody: that the constellation is slow
 * does not slow the load.
 *
 * @param random gives numbers from 0 (inclusive) to 1 (exclusive)
 */
export function arrivalTimes(perSecond: number, seconds: number, random: () => number): number[] {
  const interval = 1000 / perSecond;
  return Array.from({ length: Math.round(perSecond * seconds) }, (_none, n) => (n + random() * JITTER) * interval);
}
