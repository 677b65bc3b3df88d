import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '#libs/testing';

const BOOTSTRAP = path.join(process.cwd(), 'deploy/local/bootstrap.mjs');
const PATIENCE_MS = 240_000;

interface Command {
  readonly child: ChildProcess;
  readonly result: () => string;
  readonly progress: () => string;
  readonly exit: Promise<number | null>;
}

describe('npm run bench', () => {
  let temporary: string;

  beforeEach(() => {
    temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
    fs.chmodSync(temporary, 0o711);
  });
  afterEach(() => fs.rmSync(temporary, { recursive: true, force: true }));

  function run(...args: string[]): Command {
    const child = spawn(process.execPath, [BOOTSTRAP, 'bench', ...args], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let result = '';
    let progress = '';
    child.stdout.on('data', (chunk: Buffer) => (result += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()));
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, result: () => result, progress: () => progress, exit };
  }

  // How fast anything is depends on the machine: that every figure is there and nothing was lost does not.
  it(
    'measures everything in one run and leaves nothing behind',
    async () => {
      const bench = run('--short', '--json');
      const code = await bench.exit;
      if (code !== 0) throw new Error(`ended with code ${code}:\n${bench.progress().slice(-4_000)}`);
      const { ok, latency, sustained, growth, nothingLost, bare, ratio } = JSON.parse(bench.result());
      expect(ok).toBe(true);
      expect(nothingLost.submitted).toBeGreaterThan(0);
      expect(nothingLost).toMatchObject({
        delivered: nothingLost.submitted,
        statements: nothingLost.submitted,
        surplus: 0,
      });
      expect(latency.map(({ rate }: { rate: number }) => rate)).toEqual([20, 100]);
      expect(growth.after.stored).toBeGreaterThanOrEqual(2 * growth.before.stored);
      expect(growth.share).toBeCloseTo(growth.after.perSecond / growth.before.perSecond, 2);
      for (const { stages } of [...latency, sustained]) {
        for (const stage of ['answered', 'received', 'accepted', 'inbox', 'delivered']) {
          expect(stages[stage].p99).toBeGreaterThanOrEqual(stages[stage].p50);
          expect(stages[stage].p50).toBeGreaterThan(0);
        }
      }
      expect(nothingLost.packs).toMatchObject({ count: 3 });
      for (const { logWait } of latency) expect(logWait.p99).toBeGreaterThanOrEqual(logWait.p50);
      for (const mode of ['set-based', 'statement-each', 'commit-each']) {
        expect(bare.recordsPerSecond[mode]).toBeGreaterThan(0);
        expect(ratio[mode]).toBeCloseTo((2 * sustained.rate) / bare.recordsPerSecond[mode], 2);
      }
      expect(fs.readdirSync(temporary)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'ends everything and deletes everything when it is stopped in the middle',
    async () => {
      const bench = run('--short');
      await eventually(
        () => {
          if (bench.child.exitCode !== null) throw new Error(bench.progress());
          expect(bench.progress()).toContain('Warming up');
        },
        { timeoutMs: 150_000 },
      );
      const [folder = ''] = fs.readdirSync(temporary);
      bench.child.kill('SIGINT');
      expect(await bench.exit).toBe(130);
      expect(fs.readdirSync(temporary)).toEqual([]);
      expect(processesNaming(path.join(temporary, folder))).toEqual([]);
      expect(bench.result()).toBe('');
    },
    PATIENCE_MS,
  );
});

/** Command lines of processes that still work in a folder. */
function processesNaming(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return fs.readdirSync('/proc').flatMap((pid) => {
    try {
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes(folder) && !command.includes('serai-guard') ? [command] : [];
    } catch {
      return [];
    }
  });
}
