import { TokenBucket } from './token-bucket.js';

const allowance = { perSecond: 2, burst: 4, perDay: 1_000 };

describe(TokenBucket.name, () => {
  it('lets a burst through, then one at the rate', () => {
    const bucket = new TokenBucket(allowance, 0);
    for (let nth = 0; nth < 4; nth += 1) {
      expect(bucket.wait(allowance, 0)).toBe(0);
      bucket.take(1);
    }
    expect(bucket.wait(allowance, 0)).toBe(0.5);
    expect(bucket.wait(allowance, 500)).toBe(0);
  });

  it('lets the next one wait for what a large one took', () => {
    const bucket = new TokenBucket(allowance, 0);
    bucket.take(24);
    expect(bucket.wait(allowance, 0)).toBe(10.5);
    expect(bucket.wait(allowance, 10_000)).toBe(0.5);
    expect(bucket.wait(allowance, 10_500)).toBe(0);
  });

  it('never saves up more than a burst', () => {
    const bucket = new TokenBucket(allowance, 0);
    expect(bucket.isFull(allowance, 1_000_000)).toBe(true);
    bucket.take(5);
    expect(bucket.wait(allowance, 1_000_000)).toBeGreaterThan(0);
    expect(bucket.isFull(allowance, 1_000_000)).toBe(false);
  });
});
