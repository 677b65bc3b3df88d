/** Percentiles of some durations in milliseconds. */
export interface Distribution {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Percentiles by nearest rank: each is one of the values, none is interpolated.
 *
 * @returns undefined when there is no value
 */
export function distributionOf(values: readonly number[]): Distribution | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (percent: number): number => sorted[Math.ceil((percent / 100) * sorted.length) - 1]!;
  return { count: sorted.length, p50: rank(50), p95: rank(95), p99: rank(99), max: sorted.at(-1)! };
}

/** The middle value; of an even number of values the mean of the middle two. NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  if (!Number.isInteger(middle)) return sorted[Math.floor(middle)]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Several windows as one: the median of each percentile, so that a window that something else on the machine disturbed does not decide. The
 * maximum stays the worst of all.
 */
export function medianWindow(windows: readonly Distribution[]): Distribution | undefined {
  if (windows.length === 0) return undefined;
  const of = (percentile: 'p50' | 'p95' | 'p99'): number => median(windows.map((window) => window[percentile]));
  return {
    count: windows.reduce((sum, { count }) => sum + count, 0),
    p50: of('p50'),
    p95: of('p95'),
    p99: of('p99'),
    max: Math.max(...windows.map(({ max }) => max)),
  };
}
