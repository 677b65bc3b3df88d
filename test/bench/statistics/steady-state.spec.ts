import { type BacklogSample, growthPerSecond, type LoadedWindow, overload } from './steady-state.js';

const SECONDS = 12;
const RATE = 200;

const samples = (openAt: (seconds: number) => number): BacklogSample[] =>
  Array.from({ length: SECONDS * 4 }, (_none, index) => ({ atMs: index * 250, open: openAt(index / 4) }));

const window = (openAt: (seconds: number) => number, rest: Partial<LoadedWindow> = {}): LoadedWindow => ({
  rate: RATE,
  seconds: SECONDS,
  unfinished: 0,
  refused: 0,
  brokenOff: false,
  drainMs: 120,
  backlog: samples(openAt),
  ...rest,
});

describe('growthPerSecond', () => {
  it('is the slope, whatever the level', () => {
    expect(growthPerSecond(samples((seconds) => 40 + 3 * seconds))).toBeCloseTo(3);
    expect(growthPerSecond(samples(() => 40))).toBeCloseTo(0);
    expect(growthPerSecond(samples((seconds) => 100 - 2 * seconds))).toBeCloseTo(-2);
  });

  it('is 0 where there is nothing to compare', () => {
    expect(growthPerSecond([])).toBe(0);
    expect(growthPerSecond([{ atMs: 0, open: 9 }])).toBe(0);
  });
});

describe('overload', () => {
  it('lets a queue of constant length be, long as it may be', () =>
    expect(overload(window(() => 150))).toBeUndefined());

  it('lets the queue fill while it settles', () => {
    expect(overload(window((seconds) => Math.min(seconds, 3.5) * 40))).toBeUndefined();
  });

  it('lets a short stall that was caught up with be', () => {
    expect(overload(window((seconds) => (seconds > 7 && seconds < 8 ? 150 : 10)))).toBeUndefined();
  });

  it('makes nothing of a few exchanges more at a low rate', () => {
    expect(overload(window((seconds) => seconds, { rate: 5 }))).toBeUndefined();
    expect(overload(window((seconds) => 2 * seconds, { rate: 5 }))).toBe('the queue grew by 16');
  });

  it('sees that 5 of 100 arrivals stay in the queue', () => {
    expect(overload(window((seconds) => 10 + RATE * 0.05 * seconds))).toBe('the queue grew by 80');
  });

  it.each([
    ['2 unfinished', { unfinished: 2 }],
    ['1 refused', { refused: 1 }],
    ['the queue grew without end', { brokenOff: true, unfinished: 3 }],
    ['the last ones took 6.1 s', { drainMs: 6_100 }],
  ])('says "%s"', (reason, rest) => expect(overload(window(() => 10, rest))).toBe(reason));
});
