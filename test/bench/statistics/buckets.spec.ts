import { bucketsBetween, percentileBound, readBuckets } from './buckets.js';

const TEXT = `# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.01"} 5
wait_seconds_bucket{le="0.1"} 9
wait_seconds_bucket{le="+Inf"} 10
wait_seconds_sum 1.5
wait_seconds_count 10
other_seconds_bucket{le="0.01"} 99
`;

describe('buckets of a histogram', () => {
  it('are read by name, and subtracted', () => {
    const after = readBuckets(TEXT, 'wait_seconds');
    expect([...after]).toEqual([
      [0.01, 5],
      [0.1, 9],
      [Infinity, 10],
    ]);
    const before = new Map([
      [0.01, 5],
      [0.1, 5],
      [Infinity, 5],
    ]);
    expect([...bucketsBetween(before, after).values()]).toEqual([0, 4, 5]);
    expect(bucketsBetween(new Map(), after)).toEqual(after);
    expect(readBuckets(TEXT, 'wait').size).toBe(0);
  });

  it('tell no percentile that is too low, and none of nothing', () => {
    const buckets = readBuckets(TEXT, 'wait_seconds');
    expect([50, 51, 90, 91, 100].map((percent) => percentileBound(buckets, percent))).toEqual([
      0.01,
      0.1,
      0.1,
      Infinity,
      Infinity,
    ]);
    expect(percentileBound(new Map(), 50)).toBeUndefined();
    expect(percentileBound(bucketsBetween(buckets, buckets), 50)).toBeUndefined();
  });
});
