import fc from 'fast-check';
import { distributionOf, median, medianWindow } from './distribution.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_none, index) => index + 1);

describe('distributionOf', () => {
  it('takes percentiles by nearest rank, in any order of the values', () => {
    expect(distributionOf(upTo(100).reverse())).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
  });

  it('never interpolates: with few values the high percentiles are the largest', () => {
    expect(distributionOf([7, 1, 3])).toEqual({ count: 3, p50: 3, p95: 7, p99: 7, max: 7 });
    expect(distributionOf([5])).toEqual({ count: 1, p50: 5, p95: 5, p99: 5, max: 5 });
  });

  it('has nothing to say of no values', () => {
    expect(distributionOf([])).toBeUndefined();
  });

  it('sorts by number, leaves its input alone, and orders its percentiles', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const before = [...values];
        const { count, p50, p95, p99, max } = distributionOf(values)!;
        expect(values).toEqual(before);
        expect(count).toBe(values.length);
        expect([p50, p95, p99, max].every((value) => values.includes(value))).toBe(true);
        expect(p50 <= p95 && p95 <= p99 && p99 <= max).toBe(true);
        expect(values.filter((value) => value <= p50).length * 2).toBeGreaterThanOrEqual(values.length);
      }),
    );
  });
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9], 9.5],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));

  it('of nothing is no number', () => expect(median([])).toBeNaN());
});

describe('medianWindow', () => {
  const window = (p50: number, max: number) => ({ count: 10, p50, p95: p50 + 1, p99: p50 + 2, max });

  it('does not let one disturbed window decide, but keeps its maximum', () => {
    expect(medianWindow([window(5, 20), window(500, 900), window(6, 30)])).toEqual({
      count: 30,
      p50: 6,
      p95: 7,
      p99: 8,
      max: 900,
    });
  });

  it('has nothing to say of no window', () => expect(medianWindow([])).toBeUndefined());
});
