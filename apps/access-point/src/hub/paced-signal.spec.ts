import { PacedSignal } from './paced-signal.js';

const PACE_MS = 100;

let signal: PacedSignal;
/** Milliseconds at which waits ended. */
let ends: number[];

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  signal = new PacedSignal(PACE_MS);
  ends = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** Waits as a loop does, one wait behind the other. */
async function waitOnAndOn(longestMs: number, times: number): Promise<void> {
  for (let nth = 0; nth < times; nth += 1) {
    await signal.wait(longestMs);
    ends.push(Date.now());
  }
}

const at = async (ms: number, act: () => void = () => undefined): Promise<void> => {
  await jest.advanceTimersByTimeAsync(ms - Date.now());
  act();
  await jest.advanceTimersByTimeAsync(0);
};

describe('work that has time', () => {
  it('does not wait when nothing was done just before', async () => {
    void waitOnAndOn(10_000, 2);
    await at(500, signal.wakeUnhurried);
    expect(ends).toEqual([500]);
  });

  it('goes in company, at the pace', async () => {
    void waitOnAndOn(10_000, 3);
    await at(500, signal.wakeUnhurried);
    for (const ms of [510, 530, 599]) await at(ms, signal.wakeUnhurried);
    expect(ends).toEqual([500]);
    await at(600);
    expect(ends).toEqual([500, 600]);
  });

  it('goes with work that has none', async () => {
    void waitOnAndOn(10_000, 3);
    await at(500, signal.wakeUnhurried);
    await at(510, signal.wakeUnhurried);
    await at(520, signal.wake);
    expect(ends).toEqual([500, 520]);
  });
});

describe('work that has no time', () => {
  it('never waits, however short ago the last was', async () => {
    void waitOnAndOn(10_000, 3);
    for (const ms of [500, 501, 502]) await at(ms, signal.wake);
    expect(ends).toEqual([500, 501, 502]);
  });

  it('is not lost while nobody waits', async () => {
    signal.wake();
    void waitOnAndOn(10_000, 2);
    await at(1);
    expect(ends).toEqual([0]);
  });
});

describe('without any wake', () => {
  it('ends after the longest time', async () => {
    void waitOnAndOn(150, 2);
    await at(299);
    expect(ends).toEqual([150]);
    await at(300);
    expect(ends).toEqual([150, 300]);
  });

  it('ends at the pace where that is later', async () => {
    void waitOnAndOn(10, 2);
    await at(500);
    expect(ends).toEqual([10, 110]);
  });
});
