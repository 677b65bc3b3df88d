/** A histogram as Prometheus has it: how many values were at most so high, by the bounds of its buckets, the last of which is infinite. */
export type Buckets = ReadonlyMap<number, number>;

/** Reads the buckets of a histogram without labels from the text of a metrics endpoint. */
export function readBuckets(text: string, name: string): Buckets {
  const lines = text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\d+)$`, 'gm'));
  return new Map([...lines].map(([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)]));
}

/** What came in between two looks. */
export function bucketsBetween(before: Buckets, after: Buckets): Buckets {
  return new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));
}

/**
 * The bound that so many percent of the values do not exceed: of its bucket, so that it is never too low.
 *
 * @returns undefined when there is no value
 */
export function percentileBound(buckets: Buckets, percent: number): number | undefined {
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  return sorted.find(([, count]) => count >= (percent / 100) * total)?.[0];
}
