import os from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Answer, Order, Pacing } from './load/protocol.js';
import type { ChildProgram } from './processes/child-program.js';
import { machineBusySeconds, type Usage, usageOf } from './processes/process-usage.js';
import type { LoadCost, ObservedLoad } from './result.js';
import { overload } from './statistics/steady-state.js';
import type { MeasuredProcess } from './target.js';

interface Moment {
  readonly at: number;
  readonly usage: ReadonlyMap<number, Usage>;
  readonly busySeconds: number;
}

/** Has the load generator make loads and looks at what they cost. */
export class LoadObserver {
  constructor(
    private readonly generator: ChildProgram<Order, Answer>,
    private readonly processes: readonly MeasuredProcess[],
  ) {}

  /** @param during runs beside the load, from its first arrival on */
  async load(pacing: Pacing, during?: () => Promise<void>): Promise<ObservedLoad> {
    this.generator.send({ kind: 'load', pacing });
    await this.generator.next('loading');
    const before = this.look();
    const [{ report }] = await Promise.all([this.generator.next('loaded'), during?.()]);
    const after = this.look();
    return { report, cost: before && after && this.costOf(before, after), overload: overload(report) };
  }

  private look(): Moment | undefined {
    const usage = usageOf([...this.processes.map(({ pid }) => pid), this.generator.pid, process.pid]);
    const busySeconds = machineBusySeconds();
    return usage && busySeconds !== undefined ? { at: performance.now(), usage, busySeconds } : undefined;
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
    };
  }
}
