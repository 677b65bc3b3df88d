import os from 'node:os';
import type { BareAnswer, BareSettings, InsertMode } from './bare/protocol.js';
import type { Answer, AuditReport, Order, Pacing } from './load/protocol.js';
import { LoadObserver } from './observer.js';
import type { Plan } from './plan.js';
import { ChildProgram } from './processes/child-program.js';
import type { PostgresWorkRepository } from './processes/postgres-work.repository.js';
import {
  type BenchResult,
  type BusyResult,
  busyResult,
  isNothingLost,
  type ObservedLoad,
  rateResult,
  ratioOf,
} from './result.js';
import { median } from './statistics/distribution.js';
import { RateSearch } from './statistics/rate-search.js';
import type { Target } from './target.js';

const MIB_PER_GIB = 1024;
/** One envelope and one event for the submission, the same for the delivery statement. */
const RECORDS_PER_EXCHANGE = 4;
/** Where the search begins, as a share of what the constellation finished per second when it was kept busy. */
const FIRST_STEP_SHARE = 0.6;
/** A rate that a short step sustained and longer windows do not is lowered by this factor, that often. */
const LOWER = 0.93;
const MOST_LOWERINGS = 4;

export interface BenchOptions {
  readonly target: Target;
  readonly plan: Plan;
  /** Folder with the compiled bench. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Called beside one more load at the highest rate. */
  readonly profile?: (seconds: number) => Promise<void>;
}

/** One run: all figures from the same constellation on the same machine, one after the other. */
export class Bench {
  private readonly generator: ChildProgram<Order, Answer>;
  private readonly observer: LoadObserver;
  /** Exchanges that have finished by now. */
  private stored = 0;

  constructor(
    private readonly options: BenchOptions,
    postgres: PostgresWorkRepository,
  ) {
    this.generator = new ChildProgram('load/main.js', options.folder);
    this.observer = new LoadObserver(this.generator, options.target.processes, postgres, options.target.notifications);
  }

  async run(): Promise<BenchResult> {
    const startedAt = new Date().toISOString();
    const { issuer, password, accessPoints } = this.options.target;
    this.generator.send({ kind: 'connect', settings: { issuer, password, accessPoints } });
    await this.generator.next('connected');
    const warm = await this.warmUp();
    const before = await this.busy();
    const latency = await this.latency();
    const { steps, best } = await this.search(Math.max(2, warm.report.finishedPerSecond * FIRST_STEP_SHARE));
    const sustained = await this.sustain(best);
    if (this.options.profile && sustained) await this.profile(sustained.rate, this.options.profile);
    const after = await this.busyAfterGrowth(before.stored);
    const audited = await this.audit();
    const bare = await this.bare(audited);
    const { exchanges, seconds } = warm.report;
    return {
      ok: isNothingLost(audited) && sustained !== undefined,
      startedAt,
      machine: machine(),
      warmUp: { exchanges, records: exchanges * RECORDS_PER_EXCHANGE, seconds },
      latency,
      search: steps,
      ...(sustained ? { sustained, ratio: ratioOf(sustained.rate, bare.recordsPerSecond) } : {}),
      growth: { before, after, share: after.perSecond / before.perSecond },
      nothingLost: { ...audited, ok: isNothingLost(audited) },
      bare,
    };
  }

  private async warmUp(): Promise<ObservedLoad> {
    const { exchanges, inFlight: limit, mostSeconds } = this.options.plan.warmUp;
    this.options.say(`Warming up with ${exchanges} exchanges, ${limit} at a time, for at most ${mostSeconds} s ...`);
    const warm = await this.load({ kind: 'in-flight', limit, exchanges, mostSeconds });
    const { report } = warm;
    this.options.say(
      `  ${report.finished} exchanges in ${report.seconds.toFixed(1)} s, at last ${report.finishedPerSecond.toFixed(0)}/s`,
    );
    return warm;
  }

  private async busy(): Promise<BusyResult> {
    const { exchanges, inFlight: limit } = this.options.plan.growth;
    const { stored } = this;
    this.options.say(`Keeping it busy with ${exchanges} exchanges, ${limit} at a time, while ${stored} are stored ...`);
    const { mostSeconds } = this.options.plan.warmUp;
    const result = busyResult(stored, await this.load({ kind: 'in-flight', limit, exchanges, mostSeconds }));
    this.options.say(`  ${result.perSecond.toFixed(0)}/s`);
    return result;
  }

  /** Stores what lacks first. */
  private async busyAfterGrowth(before: number): Promise<BusyResult> {
    const { inFlight: limit, times } = this.options.plan.growth;
    const { mostSeconds } = this.options.plan.warmUp;
    while (this.stored < times * before) {
      const exchanges = times * before - this.stored;
      this.options.say(`Storing ${exchanges} more exchanges ...`);
      const { report } = await this.load({ kind: 'in-flight', limit, exchanges, mostSeconds });
      if (report.finished === 0) throw new Error('No exchange finishes any more.');
    }
    return this.busy();
  }

  private async load(pacing: Pacing, during?: () => Promise<void>): Promise<ObservedLoad> {
    const observed = await this.observer.load(pacing, during);
    this.stored += observed.report.finished;
    return observed;
  }

  private async latency(): Promise<BenchResult['latency']> {
    const { rates, seconds, windows } = this.options.plan.latency;
    const observed = new Map<number, ObservedLoad[]>(rates.map((rate) => [rate, []]));
    for (let window = 1; window <= windows; window += 1) {
      for (const rate of rates) {
        this.options.say(`Latency at ${rate}/s, window ${window} of ${windows} ...`);
        observed.get(rate)!.push(await this.atRate(rate, seconds));
      }
    }
    return [...observed].map(([rate, loads]) => rateResult(rate, loads));
  }

  private async atRate(perSecond: number, seconds: number): Promise<ObservedLoad> {
    const observed = await this.load({ kind: 'rate', perSecond, seconds });
    const { stages, refusals } = observed.report;
    const time = (ms: number | undefined): string => (ms === undefined ? '-' : `${ms.toFixed(0)} ms`);
    this.options.say(
      `  inbox p50 ${time(stages.inbox?.p50)}, p99 ${time(stages.inbox?.p99)}` +
        `${observed.overload ? `; too much: ${observed.overload} ${JSON.stringify(refusals)}` : ''}`,
    );
    return observed;
  }

  private async search(first: number): Promise<{ steps: BenchResult['search']; best: number }> {
    const { seconds, ...bounds } = this.options.plan.search;
    const search = new RateSearch(first, bounds);
    const steps: BenchResult['search'][number][] = [];
    for (let rate = search.next(); rate !== undefined; rate = search.next()) {
      this.options.say(`Looking for the highest rate: ${rate}/s for ${seconds} s ...`);
      const { overload: reason } = await this.atRate(rate, seconds);
      steps.push({ rate, sustained: reason === undefined, ...(reason === undefined ? {} : { reason }) });
      search.record(rate, reason === undefined);
    }
    return { steps, best: search.best };
  }

  /** Every one of several windows must be sustained: a rate of which one is not is lowered. */
  private async sustain(best: number): Promise<BenchResult['sustained']> {
    const { seconds, windows } = this.options.plan.sustained;
    let rate = best;
    for (let attempt = 0; rate >= 1 && attempt <= MOST_LOWERINGS; attempt += 1) {
      this.options.say(`Holding ${rate}/s for ${windows} windows of ${seconds} s ...`);
      const held = await this.hold(rate, seconds, windows);
      if (held) return rateResult(rate, held);
      rate = Math.floor(rate * LOWER);
    }
    return undefined;
  }

  private async hold(rate: number, seconds: number, windows: number): Promise<ObservedLoad[] | undefined> {
    const held: ObservedLoad[] = [];
    while (held.length < windows) {
      const observed = await this.atRate(rate, seconds);
      if (observed.overload !== undefined) return undefined;
      held.push(observed);
    }
    return held;
  }

  private async profile(rate: number, profile: (seconds: number) => Promise<void>): Promise<void> {
    const { seconds } = this.options.plan.sustained;
    this.options.say(`Profiling at ${rate}/s ...`);
    await this.load({ kind: 'rate', perSecond: rate, seconds }, () => profile(seconds * 0.8));
  }

  private async audit(): Promise<AuditReport> {
    this.options.say('Comparing what was submitted with what both sides hold, and fetching evidence packs ...');
    this.generator.send({ kind: 'audit', packs: this.options.plan.packs });
    const { report } = await this.generator.next('audited');
    this.generator.stop();
    return report;
  }

  private async bare({ envelopeBytes }: AuditReport): Promise<BenchResult['bare']> {
    const { records, windows } = this.options.plan.bare;
    const { brokers, postgresUrl } = this.options.target;
    this.options.say('Measuring the bare pipeline on the same broker and server ...');
    const recordBytes = Math.round((envelopeBytes.submission + envelopeBytes.statement) / 2);
    const pipeline = new ChildProgram<BareSettings, BareAnswer>('bare/main.js', this.options.folder);
    pipeline.send({ brokers, postgresUrl, recordBytes, records, windows });
    const { report } = await pipeline.next('measured');
    pipeline.stop();
    const of = (mode: InsertMode): number => Math.round(median(report[mode]));
    return {
      recordBytes,
      windows,
      recordsPerSecond: {
        'set-based': of('set-based'),
        'statement-each': of('statement-each'),
        'commit-each': of('commit-each'),
      },
    };
  }
}

/** Described so that figures can be compared, and no machine recognised. */
function machine(): BenchResult['machine'] {
  return {
    cores: os.cpus().length,
    memoryGiB: Math.round(os.totalmem() / 1_048_576 / MIB_PER_GIB),
    system: `${os.type()} ${os.arch()}`,
    node: process.versions.node,
  };
}
