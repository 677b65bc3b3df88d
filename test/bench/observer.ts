import os from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Answer, Order, Pacing } from './load/protocol.js';
import type { ChildProgram } from './processes/child-program.js';
import type { PostgresWork, PostgresWorkRepository } from './processes/postgres-work.repository.js';
import { machineBusySeconds, type Usage, usageOf } from './processes/process-usage.js';
import type { LoadCost, ObservedLoad } from './result.js';
import { type Buckets, bucketsBetween, readBuckets } from './statistics/buckets.js';
import { overload } from './statistics/steady-state.js';
import type { MeasuredProcess } from './target.js';

/** How long entries of feeds waited until their records were in the log, in seconds. */
const LOG_WAITS = 'serai_notifications_log_wait_seconds';

interface Moment {
  readonly at: number;
  readonly logWaits: Buckets;
  readonly usage: ReadonlyMap<number, Usage>;
  readonly busySeconds: number;
  readonly postgres: PostgresWork;
}

/** Has the load generator make loads and looks at what they cost. */
export class LoadObserver {
  constructor(
    private readonly generator: ChildProgram<Order, Answer>,
    private readonly processes: readonly MeasuredProcess[],
    private readonly postgres: PostgresWorkRepository,
    /** Address of the service that hands out feeds. */
    private readonly notifications: string,
  ) {}

  /** @param during runs beside the load, from its first arrival on */
  async load(pacing: Pacing, during?: () => Promise<void>): Promise<ObservedLoad> {
    this.generator.send({ kind: 'load', pacing });
    await this.generator.next('loading');
    const before = await this.look();
    const [{ report }] = await Promise.all([this.generator.next('loaded'), during?.()]);
    const after = await this.look();
    return { report, cost: before && after && this.costOf(before, after), overload: overload(report) };
  }

  private async look(): Promise<Moment | undefined> {
    const postgres = await this.postgres.read();
    const metrics = await fetch(`${this.notifications}/metrics`);
    const logWaits = readBuckets(await metrics.text(), LOG_WAITS);
    const usage = usageOf([...this.processes.map(({ pid }) => pid), this.generator.pid, process.pid]);
    const busySeconds = machineBusySeconds();
    if (!usage || busySeconds === undefined) return undefined;
    return { at: performance.now(), logWaits, usage, busySeconds, postgres };
  }

  private costOf(before: Moment, after: Moment): LoadCost {
    const spent = (pid: number): number =>
      (after.usage.get(pid)?.cpuSeconds ?? 0) - (before.usage.get(pid)?.cpuSeconds ?? 0);
    const processes = this.processes.map(({ name, pid }) => ({
      name,
      cpuSeconds: spent(pid),
      memoryBytes: after.usage.get(pid)?.memoryBytes ?? 0,
    }));
    // The load generator is a child of this process and counted with it.
    const ours = processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, spent(process.pid));
    const available = ((after.at - before.at) / 1000) * os.cpus().length;
    return {
      processes,
      loadGeneratorCpuSeconds: spent(this.generator.pid),
      othersShare: Math.max(0, after.busySeconds - before.busySeconds - ours) / available,
      postgres: workBetween(before.postgres, after.postgres),
      logWaits: bucketsBetween(before.logWaits, after.logWaits),
    };
  }
}

function workBetween(before: PostgresWork, after: PostgresWork): PostgresWork {
  const commits = Object.entries(after.commitsByDatabase).map(
    ([name, count]) => [name, count - (before.commitsByDatabase[name] ?? 0)] as const,
  );
  return {
    commitsByDatabase: Object.fromEntries(commits),
    walFlushes: after.walFlushes - before.walFlushes,
    deadlocks: after.deadlocks - before.deadlocks,
  };
}
