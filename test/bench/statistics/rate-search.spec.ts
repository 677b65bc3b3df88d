import fc from 'fast-check';
import { RateSearch } from './rate-search.js';

const BOUNDS = { steps: 30, precision: 1.08 };

function run(search: RateSearch, isSustained: (rate: number, step: number) => boolean): number[] {
  const rates: number[] = [];
  for (let rate = search.next(); rate !== undefined; rate = search.next()) {
    rates.push(rate);
    search.record(rate, isSustained(rate, rates.length));
  }
  return rates;
}

describe('RateSearch', () => {
  it('goes up, then halves what lies between, each refused rate tried twice', () => {
    const search = new RateSearch(100, BOUNDS);
    expect(run(search, (rate) => rate <= 150)).toEqual([100, 130, 169, 169, 150, 160, 160]);
    expect(search.best).toBe(150);
  });

  it('goes down from a first guess that is too high', () => {
    const search = new RateSearch(1000, BOUNDS);
    run(search, (rate) => rate <= 90);
    expect(search.best).toBeGreaterThan(80);
    expect(search.best).toBeLessThanOrEqual(90);
  });

  it('forgives one disturbed step', () => {
    const search = new RateSearch(100, BOUNDS);
    const rates = run(search, (rate, step) => rate <= 150 && step !== 1);
    expect(rates.slice(0, 3)).toEqual([100, 100, 130]);
    expect(search.best).toBe(150);
  });

  it('finds nothing where nothing is sustained, and ends', () => {
    const search = new RateSearch(100, BOUNDS);
    run(search, () => false);
    expect(search.best).toBe(0);
  });

  it('takes no more steps than allowed, however fast the machine', () => {
    const search = new RateSearch(10, { ...BOUNDS, steps: 5 });
    expect(run(search, () => true)).toHaveLength(5);
    expect(search.best).toBe(29);
  });

  it('ends within its precision below any limit, and never above', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 2_000 }), fc.integer({ min: 5, max: 4_000 }), (limit, first) => {
        const search = new RateSearch(first, { steps: 200, precision: 1.08 });
        run(search, (rate) => rate <= limit);
        expect(search.best).toBeLessThanOrEqual(limit);
        expect(search.best * 1.08 + 2).toBeGreaterThanOrEqual(limit);
      }),
    );
  });
});
