import type { LoadReport } from './load/protocol.js';
import { isNothingLost, type ObservedLoad, type ProcessCost, rateResult, ratioOf } from './result.js';

const GIB = 1_073_741_824;

const process = (name: string, cpuSeconds: number): ProcessCost => ({ name, cpuSeconds, memoryBytes: GIB });

function observed(inboxMs: number, cpuSeconds: number, rest: Partial<ObservedLoad> = {}): ObservedLoad {
  const report: LoadReport = {
    rate: 100,
    seconds: 10,
    exchanges: 1_000,
    finished: 1_000,
    unfinished: 0,
    refused: 0,
    refusals: {},
    brokenOff: false,
    drainMs: 50,
    finishedPerSecond: 100,
    backlog: [],
    stages: { inbox: { count: 1_000, p50: inboxMs, p95: inboxMs, p99: inboxMs, max: inboxMs } },
  };
  const cost = {
    processes: [process('gateway', cpuSeconds), process('Kafka', 2 * cpuSeconds)],
    loadGeneratorCpuSeconds: 1,
    othersShare: 0.1,
    postgres: { commitsByDatabase: { serai_hub: 1_000 * cpuSeconds }, walFlushes: 500 * cpuSeconds, deadlocks: 1 },
    logWaits: new Map([
      [0.01, 900],
      [0.1, 1_000],
    ]),
  };
  return { report, cost, overload: undefined, ...rest };
}

describe('rateResult', () => {
  it('takes the median of the windows and adds up what they counted', () => {
    const result = rateResult(100, [observed(20, 1), observed(900, 40), observed(30, 2)]);
    expect(result.stages.inbox).toEqual({ count: 3_000, p50: 30, p95: 30, p99: 30, max: 900 });
    expect(result).toMatchObject({ rate: 100, windows: 3, exchanges: 3_000, overloads: [] });
  });

  it('shows the traces of the window in the middle', () => {
    const traced = (inboxMs: number): ObservedLoad => {
      const window = observed(inboxMs, 1);
      return {
        ...window,
        report: { ...window.report, traces: { median: { inbox: inboxMs }, p99: { inbox: inboxMs } } },
      };
    };
    const { traces } = rateResult(100, [traced(90), traced(20), traced(30)]);
    expect(traces).toEqual({ median: { inbox: 30 }, p99: { inbox: 30 } });
    expect(rateResult(100, [observed(20, 1)])).not.toHaveProperty('traces');
  });

  it('tells the cost of one exchange, all processes together and each, without the load generator', () => {
    const result = rateResult(100, [observed(20, 1), observed(20, 2), observed(20, 3)]);
    expect(result.cpuMsPerExchange).toBeCloseTo(6);
    expect(result.processes).toEqual([
      { name: 'gateway', cpuMsPerExchange: 2, memoryMiB: 1024 },
      { name: 'Kafka', cpuMsPerExchange: 4, memoryMiB: 1024 },
    ]);
    expect(result.loadGeneratorCpuMsPerExchange).toBeCloseTo(1);
    expect(result.othersShare).toBeCloseTo(0.1);
    expect(result.logWait).toEqual({ p50: 10, p99: 100 });
    expect(result.commitsPerExchange).toEqual({ serai_hub: 2 });
    expect(result.walFlushesPerExchange).toBe(1);
    expect(result.deadlocks).toBe(3);
  });

  it('tells no cost where the system does not, and none of a window that finished nothing', () => {
    expect(rateResult(100, [observed(20, 1, { cost: undefined })])).not.toHaveProperty('cpuMsPerExchange');
    const nothing = observed(20, 1);
    const result = rateResult(100, [{ ...nothing, report: { ...nothing.report, finished: 0 } }]);
    expect(result).not.toHaveProperty('cpuMsPerExchange');
  });

  it('does not hide that a window was too much', () => {
    const result = rateResult(100, [observed(20, 1), observed(20, 1, { overload: 'the queue grew by 40' })]);
    expect(result.overloads).toEqual(['the queue grew by 40']);
  });
});

describe('ratioOf', () => {
  it('counts two envelopes per exchange', () => {
    const ratio = ratioOf(300, { 'set-based': 6_000, 'statement-each': 3_000, 'commit-each': 1_200 });
    expect(ratio).toEqual({ 'set-based': 0.1, 'statement-each': 0.2, 'commit-each': 0.5 });
  });
});

describe('isNothingLost', () => {
  const whole = {
    submitted: 9,
    delivered: 9,
    statements: 9,
    surplus: 0,
    envelopeBytes: { submission: 1, statement: 1 },
  };

  it('is so when every leg arrived once and came back as a statement', () => expect(isNothingLost(whole)).toBe(true));

  it.each([{ delivered: 8 }, { statements: 8 }, { surplus: 1 }, { submitted: 0, delivered: 0, statements: 0 }])(
    'is not so with %j',
    (rest) => expect(isNothingLost({ ...whole, ...rest })).toBe(false),
  );
});
