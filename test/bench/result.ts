import type { InsertMode } from './bare/protocol.js';
import type { AuditReport, LoadReport, Stage, Traces } from './load/protocol.js';
import type { PostgresWork } from './processes/postgres-work.repository.js';
import { type Buckets, percentileBound } from './statistics/buckets.js';
import { type Distribution, median, medianWindow } from './statistics/distribution.js';

/** CPU time and memory of one process. */
export interface ProcessCost {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** What a load cost from its first arrival until everything was finished. */
export interface LoadCost {
  /** Apps, PostgreSQL and Kafka; the load generator is apart. */
  readonly processes: readonly ProcessCost[];
  readonly loadGeneratorCpuSeconds: number;
  /** CPU time of this machine that none of us used, as a share of all its cores: what the figures were disturbed by. */
  readonly othersShare: number;
  readonly postgres: PostgresWork;
  /** How long entries of feeds waited for the log, in seconds. */
  readonly logWaits: Buckets;
}

export interface ObservedLoad {
  readonly report: LoadReport;
  /** undefined where the system does not tell. */
  readonly cost: LoadCost | undefined;
  /** Why this was more than can be sustained; undefined when it was not. */
  readonly overload: string | undefined;
}

/** One or several windows at the same rate, as medians. */
export interface RateResult {
  readonly rate: number;
  readonly windows: number;
  readonly exchanges: number;
  /** Milliseconds from the intended beginning to each point. */
  readonly stages: Readonly<Partial<Record<Stage, Distribution>>>;
  readonly overloads: readonly string[];
  /** Of the window in the middle. */
  readonly traces?: Traces;
  readonly cpuMsPerExchange?: number;
  readonly processes?: readonly {
    readonly name: string;
    readonly cpuMsPerExchange: number;
    readonly memoryMiB: number;
  }[];
  readonly loadGeneratorCpuMsPerExchange?: number;
  readonly othersShare?: number;
  readonly commitsPerExchange?: Readonly<Record<string, number>>;
  readonly walFlushesPerExchange?: number;
  /** In all windows together. */
  readonly deadlocks?: number;
  /** Milliseconds that feed entries waited until their records were in the log: bounds that half, and 99 in a hundred, do not exceed. */
  readonly logWait?: { readonly p50: number; readonly p99: number };
}

/** The constellation kept busy while so many exchanges are stored. */
export interface BusyResult {
  /** Before the load. */
  readonly stored: number;
  readonly perSecond: number;
  readonly cpuMsPerExchange?: number;
}

export interface BenchResult {
  /** False when something was lost or doubled, or no rate was sustained. */
  readonly ok: boolean;
  readonly startedAt: string;
  readonly machine: {
    readonly cores: number;
    readonly memoryGiB: number;
    readonly system: string;
    readonly node: string;
  };
  readonly warmUp: { readonly exchanges: number; readonly records: number; readonly seconds: number };
  readonly latency: readonly RateResult[];
  readonly search: readonly { readonly rate: number; readonly sustained: boolean; readonly reason?: string }[];
  /** At the highest rate that was sustained. */
  readonly sustained?: RateResult;
  readonly growth: {
    readonly before: BusyResult;
    readonly after: BusyResult;
    /** Rate with the more data as a share of that with the less. */
    readonly share: number;
  };
  readonly nothingLost: AuditReport & { readonly ok: boolean };
  readonly bare: {
    readonly recordBytes: number;
    readonly windows: number;
    /** Medians. */
    readonly recordsPerSecond: Readonly<Record<InsertMode, number>>;
  };
  /** Our envelopes per second, two per exchange, as a share of the bare pipeline's records per second. */
  readonly ratio?: Readonly<Record<InsertMode, number>>;
}

const MIB = 1_048_576;

/** Windows at one rate as medians of what each of them says. */
export function rateResult(rate: number, windows: readonly ObservedLoad[]): RateResult {
  const reports = windows.map(({ report }) => report);
  const stageNames = new Set(reports.flatMap(({ stages }) => Object.keys(stages) as Stage[]));
  const stages = [...stageNames].map((stage) => {
    const distributions = reports.flatMap((report) => report.stages[stage] ?? []);
    return [stage, medianWindow(distributions)] as const;
  });
  return {
    rate,
    windows: windows.length,
    exchanges: reports.reduce((sum, { exchanges }) => sum + exchanges, 0),
    stages: Object.fromEntries(stages),
    overloads: windows.flatMap(({ overload }) => overload ?? []),
    ...tracesOf(reports),
    ...costOf(windows),
  };
}

function tracesOf(reports: readonly LoadReport[]): Pick<RateResult, 'traces'> {
  const traced = reports.filter(({ traces, stages }) => traces && stages.inbox);
  const ordered = traced.toSorted((a, b) => a.stages.inbox!.p50 - b.stages.inbox!.p50);
  const traces = ordered[Math.floor((ordered.length - 1) / 2)]?.traces;
  return traces ? { traces } : {};
}

function costOf(windows: readonly ObservedLoad[]): Partial<RateResult> {
  const known = windows.flatMap(({ report, cost }) => (cost && report.finished > 0 ? [{ report, cost }] : []));
  if (known.length === 0) return {};
  const perExchange = (of: (cost: LoadCost) => number): number =>
    median(known.map(({ report, cost }) => of(cost) / report.finished));
  const cpuMs = (cpuSecondsOf: (cost: LoadCost) => number): number => perExchange(cpuSecondsOf) * 1000;
  const named = (cost: LoadCost, name: string): ProcessCost | undefined =>
    cost.processes.find((process) => process.name === name);
  const processes = known[0]!.cost.processes.map(({ name }) => ({
    name,
    cpuMsPerExchange: cpuMs((cost) => named(cost, name)?.cpuSeconds ?? 0),
    memoryMiB: median(known.map(({ cost }) => (named(cost, name)?.memoryBytes ?? 0) / MIB)),
  }));
  const databases = Object.keys(known[0]!.cost.postgres.commitsByDatabase);
  return {
    cpuMsPerExchange: cpuMs((cost) => cost.processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)),
    processes,
    loadGeneratorCpuMsPerExchange: cpuMs((cost) => cost.loadGeneratorCpuSeconds),
    othersShare: median(known.map(({ cost }) => cost.othersShare)),
    commitsPerExchange: Object.fromEntries(
      databases.map((name) => [name, perExchange(({ postgres }) => postgres.commitsByDatabase[name] ?? 0)]),
    ),
    walFlushesPerExchange: perExchange(({ postgres }) => postgres.walFlushes),
    deadlocks: known.reduce((sum, { cost }) => sum + cost.postgres.deadlocks, 0),
    ...logWaitOf(known.map(({ cost }) => cost.logWaits)),
  };
}

function logWaitOf(windows: readonly Buckets[]): Pick<RateResult, 'logWait'> {
  const bounds = (percent: number): number[] => windows.flatMap((waits) => percentileBound(waits, percent) ?? []);
  const [halves, most] = [bounds(50), bounds(99)];
  return halves.length === 0 ? {} : { logWait: { p50: median(halves) * 1000, p99: median(most) * 1000 } };
}

export function busyResult(stored: number, observed: ObservedLoad): BusyResult {
  const { cpuMsPerExchange } = costOf([observed]);
  return {
    stored,
    perSecond: observed.report.finishedPerSecond,
    ...(cpuMsPerExchange === undefined ? {} : { cpuMsPerExchange }),
  };
}

/** Our envelopes per second as a share of the bare pipeline's records per second. */
export function ratioOf(
  exchangesPerSecond: number,
  recordsPerSecond: Record<InsertMode, number>,
): BenchResult['ratio'] {
  const share = (records: number): number => (exchangesPerSecond * 2) / records;
  return {
    'set-based': share(recordsPerSecond['set-based']),
    'statement-each': share(recordsPerSecond['statement-each']),
    'commit-each': share(recordsPerSecond['commit-each']),
  };
}

/** True when every submitted leg arrived once and came back as a signed statement. */
export function isNothingLost({ submitted, delivered, statements, surplus }: Omit<AuditReport, 'packs'>): boolean {
  return submitted > 0 && delivered === submitted && statements === submitted && surplus === 0;
}
