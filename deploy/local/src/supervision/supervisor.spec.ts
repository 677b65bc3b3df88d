import { eventually } from '#libs/testing';
import { LocalError } from '../local-error.js';
import { type KeptProgram, Supervisor } from './supervisor.js';

/** A program whose process ends when the test says so. */
class Program implements KeptProgram {
  readonly name = 'requests';
  starts = 0;
  /** How many of the next starts fail. */
  failing = 0;
  why: Error = new Error('requests was not ready');
  private running = Promise.withResolvers<string>();

  async start(): Promise<void> {
    this.starts += 1;
    this.running = Promise.withResolvers<string>();
    if (this.failing === 0) return;
    this.failing -= 1;
    this.end('code 1');
    throw this.why;
  }

  untilEnd(): Promise<string> {
    return this.running.promise;
  }

  end(how: string): void {
    this.running.resolve(how);
  }
}

let program: Program;
let said: string[];
let changes: number;
let ends: string[];
let supervisor: Supervisor;

function supervise(
  settings: { steadyMs?: number; mostFailures?: number; firstMs?: number; longestMs?: number } = {},
): void {
  program = new Program();
  said = [];
  changes = 0;
  ends = [];
  const log = (line: string) => void said.push(line);
  const onEnd = (name: string, end: string) => void ends.push(`${name} ${end}`);
  const onChange = () => (changes += 1);
  supervisor = new Supervisor({ log, onChange, onEnd, firstMs: 1, longestMs: 8, ...settings });
  supervisor.keep(program);
}
afterEach(() => supervisor.stop());

describe(Supervisor.name, () => {
  it('starts a program again that was killed, and says both', async () => {
    supervise();
    program.end('SIGKILL');
    await eventually(() => expect(changes).toBe(1));
    expect(program.starts).toBe(1);
    expect(said).toEqual([
      'requests ended (SIGKILL); it is started again in 0.001 s.',
      expect.stringMatching(/^requests serves again after \d\.\d s\.$/),
    ]);
    program.end('code 1');
    await eventually(() => expect(program.starts).toBe(2));
    expect(ends).toEqual(['requests SIGKILL', 'requests code 1']);
  });

  it('waits longer with every failure in a row', async () => {
    supervise();
    program.failing = 5;
    program.end('code 1');
    await eventually(() => expect(changes).toBe(1));
    const waits = said.flatMap((line) => /again in ([\d.]+) s/.exec(line)?.[1] ?? []);
    expect(waits).toEqual(['0.001', '0.002', '0.004', '0.008', '0.008', '0.008']);
    expect(said.filter((line) => line === 'requests was not ready')).toHaveLength(5);
  });

  it('gives up in the end, visibly, and starts it no more', async () => {
    supervise({ mostFailures: 3 });
    program.failing = 9;
    program.end('code 1');
    await eventually(() => expect(supervisor.down).toEqual(['requests']));
    expect(program.starts).toBe(3);
    expect(said.at(-1)).toMatch(/^requests ended 4 times in a row \(code 1\) and stays down: /);
    expect(changes).toBe(1);
  });

  it('does not give up what only lacks room on its disk', async () => {
    supervise({ mostFailures: 3 });
    program.failing = 9;
    program.why = new LocalError('ERR_LOCAL_DISK_FULL', 'Kafka found no space left on the disk.');
    program.end('code 1');
    await eventually(() => expect(changes).toBe(1));
    expect([program.starts, supervisor.down]).toEqual([10, []]);
  });

  it('does not give up what lacks room again and again, and serves for a moment between', async () => {
    supervise({ mostFailures: 3 });
    program.why = new LocalError('ERR_LOCAL_DISK_FULL', 'Kafka found no space left on the disk.');
    for (let filled = 1; filled <= 6; filled += 1) {
      program.failing = 2;
      program.end('code 1');
      await eventually(() => expect(changes).toBe(filled));
    }
    expect(supervisor.down).toEqual([]);
  });

  it('forgets failures of a program that has served for a while', async () => {
    supervise({ mostFailures: 1, steadyMs: 0 });
    for (let ended = 1; ended <= 5; ended += 1) {
      program.end('SIGKILL');
      await eventually(() => expect(changes).toBe(ended));
    }
    expect(supervisor.down).toEqual([]);
  });

  it('leaves down what is held down, and starts it when that is over', async () => {
    supervise();
    supervisor.holdDown('requests', 300);
    const begun = Date.now();
    program.end('SIGKILL');
    await eventually(() => expect(changes).toBe(1));
    expect(Date.now() - begun).toBeGreaterThanOrEqual(295);
    program.end('SIGKILL');
    await eventually(() => expect(changes).toBe(2));
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('starts nothing once it is stopped, not even what waits for its turn', async () => {
    supervise({ firstMs: 60_000, longestMs: 60_000 });
    program.end('SIGKILL');
    await eventually(() => expect(said).toHaveLength(1));
    await supervisor.stop();
    expect(program.starts).toBe(0);
  });

  it('does not take an end for a failure that comes while everything stops', async () => {
    supervise();
    const stopped = supervisor.stop();
    program.end('SIGTERM');
    await stopped;
    expect([program.starts, said]).toEqual([0, []]);
  });
});
