import { RecordingLogger } from '#libs/testing';
import { PeriodicWork } from './periodic-work.js';

const EVERY_MS = 1_000;

describe(PeriodicWork.name, () => {
  let logger: RecordingLogger;
  let begun: PromiseWithResolvers<void>[];
  let told: AbortSignal[];
  let periodic: PeriodicWork;

  beforeEach(() => {
    jest.useFakeTimers();
    [logger, begun, told] = [new RecordingLogger(), [], []];
    const work = (stopping: AbortSignal) => {
      const run = Promise.withResolvers<void>();
      begun.push(run);
      told.push(stopping);
      return run.promise;
    };
    periodic = new PeriodicWork({ everyMs: EVERY_MS, work, failure: 'it failed', logger });
    periodic.start();
  });
  afterEach(() => jest.useRealTimers());

  it('works once a period, and never twice at once', async () => {
    expect(begun).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(3 * EVERY_MS);
    expect(begun).toHaveLength(1);
    begun[0]?.resolve();
    await jest.advanceTimersByTimeAsync(EVERY_MS);
    expect(begun).toHaveLength(2);
  });

  it('logs a failure, and works the next time', async () => {
    await jest.advanceTimersByTimeAsync(EVERY_MS);
    begun[0]?.reject(new Error('away'));
    await jest.advanceTimersByTimeAsync(EVERY_MS);
    expect(begun).toHaveLength(2);
    expect(logger.entries).toEqual([{ level: 'warn', fields: { err: new Error('away') }, message: 'it failed' }]);
  });

  it('tells work under way that it stops, waits for it, and begins no more', async () => {
    await jest.advanceTimersByTimeAsync(EVERY_MS);
    let isStopped = false;
    const stopped = periodic.stop().then(() => {
      isStopped = true;
    });
    await jest.advanceTimersByTimeAsync(5 * EVERY_MS);
    expect([told[0]?.aborted, isStopped, begun.length]).toEqual([true, false, 1]);
    begun[0]?.resolve();
    await stopped;
  });

  it('stops at once when nothing is under way', async () => {
    await periodic.stop();
    await jest.advanceTimersByTimeAsync(EVERY_MS);
    expect(begun).toHaveLength(0);
  });
});
