import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { machineBusySeconds, parseMachineBusy, parseStat, usageOf } from './process-usage.js';

const STAT = '812 (a (strange) name) S 41 812 812 0 -1 4194304 900 0 0 0 150 25 30 5 20 0 11 0 7734 1 2';

describe('parseStat', () => {
  it('finds its fields behind a name with spaces and parentheses', () => {
    expect(parseStat(STAT)).toEqual({ parent: 41, own: 175, ended: 35 });
  });
});

describe('parseMachineBusy', () => {
  it('counts neither idle time, nor waiting for disks, nor guests twice', () => {
    expect(parseMachineBusy('cpu  100 1 20 5000 700 3 4 8 50 50\ncpu0 1 1 1 1')).toBe(136);
  });
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('usageOf', () => {
  it('includes descendants', async () => {
    const child = spawn(
      '/bin/sh',
      ['-c', 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done; read -r end'],
      {
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    const before = usageOf([process.pid])!.get(process.pid)!;
    await once(child.stdout, 'data');
    const after = usageOf([process.pid, child.pid!])!;
    child.kill();
    await once(child, 'exit');
    const ofChild = after.get(child.pid!)!;
    expect(ofChild.cpuSeconds).toBeGreaterThan(0);
    expect(after.get(process.pid)!.cpuSeconds).toBeGreaterThanOrEqual(before.cpuSeconds);
    expect(after.get(process.pid)!.memoryBytes).toBeGreaterThan(ofChild.memoryBytes);
  });

  it('knows nothing of a process that is gone', () => {
    expect(usageOf([2 ** 30])!.get(2 ** 30)).toEqual({ cpuSeconds: 0, memoryBytes: 0 });
  });

  it('knows how busy the machine was', () => expect(machineBusySeconds()).toBeGreaterThan(0));
});
