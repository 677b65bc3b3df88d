import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SmallDisk } from '#deploy/local';

const BOOTSTRAP = path.join(process.cwd(), 'deploy/local/bootstrap.mjs');
const PATIENCE_MS = 420_000;
const EVERY_PROCESS = [
  'PostgreSQL',
  'Kafka',
  'gateway',
  'directory',
  'requests',
  'notifications',
  'audit',
  'identity-provider',
  'access-point-rs',
  'access-point-iq',
];

/** What npm run faults does with patience, each for some seconds. */
const MORE = [
  'outage Kafka',
  'outage PostgreSQL',
  'pause requests',
  'restart gateway',
  'restart notifications',
  'flood officers',
];
/** Where a small disk can be mounted. */
const FILLS = ['fill Kafka', 'fill PostgreSQL'];

describe('npm run faults', () => {
  let temporary: string;

  beforeEach(() => {
    temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'));
    fs.chmodSync(temporary, 0o711);
  });
  afterEach(() => fs.rmSync(temporary, { recursive: true, force: true }));

  /** Those that this machine can have. */
  async function fills(): Promise<string[]> {
    try {
      await (await SmallDisk.mount(path.join(temporary, 'probe'))).unmount();
      return FILLS;
    } catch (error) {
      process.stderr.write(`LEFT OUT: full disks of servers (${String(error)})\n`);
      return [];
    } finally {
      fs.rmSync(path.join(temporary, 'probe'), { recursive: true, force: true });
    }
  }

  async function run(...args: string[]): Promise<{ code: number | null; result: string; progress: string }> {
    const child = spawn(process.execPath, [BOOTSTRAP, 'faults', ...args], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [result, progress] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (result += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, result, progress };
  }

  it(
    'strikes at every process among some hundred exchanges: nothing is lost, doubled or reordered, and all come back',
    async () => {
      const more = [...MORE, ...(await fills())];
      const { code, result, progress } = await run(
        ...['--exchanges', '200', '--seconds', '5', '--json'],
        ...['--only', `kills,${more.map((what) => what.replace(' ', ':')).join(',')}`],
      );
      // The progress names the seed and each finding.
      if (code !== 0) throw new Error(`ended with code ${code}:\n${progress.slice(-6_000)}`);
      const found = JSON.parse(result);
      expect(found).toMatchObject({
        lost: 0,
        doubled: 0,
        reordered: 0,
        brokenFeeds: 0,
        misLogged: 0,
        refused: 0,
        unanswered: {},
        unclear: {},
        noticed: 0,
        ended: {},
      });
      expect(found.exchanges).toBeGreaterThanOrEqual(200);
      expect(Object.keys(found.recoveries).sort()).toEqual(
        [...EVERY_PROCESS.map((name) => `kill ${name}`), ...more].sort(),
      );
      // It can not go on without a disk, and was started again until it had one.
      if (more.includes('fill Kafka')) expect(progress).toContain('Kafka ended (code 1)');
      expect(found.kills).toBeGreaterThanOrEqual(EVERY_PROCESS.length);
      expect(progress).toMatch(/^Seed \d+: /m);
      expect(fs.readdirSync(temporary)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('kills nothing that there is not', async () => {
    const { code, progress } = await run('--only', 'gateway,zookeeper');
    expect([code, progress]).toEqual([
      2,
      expect.stringContaining('There is no process "zookeeper". There are: gateway'),
    ]);
  });
});
