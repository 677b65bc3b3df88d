import { arrivalTimes } from './arrivals.js';

describe('arrivalTimes', () => {
  it('keeps the rate, in order, within the time', () => {
    const times = arrivalTimes(100, 20, Math.random);
    expect(times).toHaveLength(2_000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(20_000);
    expect(times.filter((time) => time < 10_000)).toHaveLength(1_000);
  });

  it('moves each arrival by up to half an interval', () => {
    expect(arrivalTimes(10, 0.4, () => 0)).toEqual([0, 100, 200, 300]);
    expect(arrivalTimes(10, 0.4, () => 0.5)).toEqual([25, 125, 225, 325]);
  });

  it('has no arrivals in no time', () => expect(arrivalTimes(50, 0, Math.random)).toEqual([]));
});
