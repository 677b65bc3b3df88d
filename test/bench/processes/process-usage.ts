import fs from 'node:fs';

/** What a process and its children have used since they were started. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Resident memory in bytes; pages that several processes share are divided among them where the system tells. */
  readonly memoryBytes: number;
}

/** Linux counts CPU time for programs in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

interface StatLine {
  readonly parent: number;
  /** Of the process itself, in ticks. */
  readonly own: number;
  /** Of its children that have ended. */
  readonly ended: number;
}

/** Usage of some processes, each with its descendants (PostgreSQL has one per connection). undefined where there is no /proc. */
export function usageOf(pids: readonly number[]): Map<number, Usage> | undefined {
  if (process.platform !== 'linux') return undefined;
  const all = readAll();
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of all) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const family = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(family)];
  return new Map(
    pids.map((pid) => {
      const members = family(pid);
      const ticks = members.reduce(
        (sum, member) => sum + (all.get(member)?.own ?? 0) + (all.get(member)?.ended ?? 0),
        0,
      );
      const memoryBytes = members.reduce((sum, member) => sum + residentBytes(member), 0);
      return [pid, { cpuSeconds: ticks / TICKS_PER_SECOND, memoryBytes }];
    }),
  );
}

/** CPU seconds that the whole machine was busy since it started, time taken by its host included; undefined where there is no /proc. */
export function machineBusySeconds(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return parseMachineBusy(fs.readFileSync('/proc/stat', 'utf8')) / TICKS_PER_SECOND;
}

/** Ticks of user, nice, system, irq, softirq and steal; idle and waiting for disks are not busy, guests are in user already. */
export function parseMachineBusy(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
    .split('\n')[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

/** proc_pid_stat(5). The program's name in parentheses may hold spaces and parentheses. */
export function parseStat(line: string): StatLine {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { parent: field(4), own: field(14) + field(15), ended: field(16) + field(17) };
}

function readAll(): Map<number, StatLine> {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((name): [number, StatLine][] => {
      const line = readIfThere(`/proc/${name}/stat`);
      return line === undefined ? [] : [[Number(name), parseStat(line)]];
    }),
  );
}

function residentBytes(pid: number): number {
  const shared = /^Pss:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  if (shared !== undefined) return Number(shared) * 1024;
  return Number(readIfThere(`/proc/${pid}/statm`)?.split(' ')[1] ?? 0) * PAGE_BYTES;
}

/** A process may end, or be somebody else's, between two looks. */
function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
