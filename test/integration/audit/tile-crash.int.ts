import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { failOnLeaks } from '#libs/testing';
import { LogFolder } from '../../../apps/audit/src/tile/log-folder.js';
import { TileWriter } from '../../../apps/audit/src/tile/tile-writer.js';
import { StoredLog } from './support/stored-log.js';

jest.setTimeout(300_000);

const SIZE = 300;
/** More file operations than one growth has. */
const MOST_STEPS = 500;
const DRAFT = /\.draft$/;

/** What becomes of a file operation: it fails once, or nothing happens any more, as in a process that is dead. */
type Fate = 'EIO' | 'ENOSPC' | 'dead';

/** Where the struck folders lie. What becomes of files does not depend on the disk below; on this one fsync costs nothing. */
const MEMORY = '/dev/shm';

let log: StoredLog;
let scratch: string;
let expected: Map<string, Buffer>;

beforeAll(async () => {
  log = await StoredLog.begin();
  scratch = await fs.mkdtemp(path.join(existsSync(MEMORY) ? MEMORY : log.folder, 'serai-tiles-'));
  await log.grow(SIZE);
  expected = await filesOf(log.logFolder);
  expected.delete('checkpoint');
});
afterAll(async () => {
  await fs.rm(scratch, { recursive: true, force: true });
  await log.end();
});
afterEach(() => jest.restoreAllMocks());
failOnLeaks();

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const found = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = found.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [path.relative(folder, file), await fs.readFile(file)] as const)),
  );
}

const writerAt = (logFolder: string) => new TileWriter(log.leaves, new LogFolder({ logFolder }), log.logger);

/** Each file that bears its name is whole; afterwards it goes on as if nothing had been. */
async function expectRecovery(folder: string): Promise<void> {
  for (const [name, bytes] of await filesOf(folder))
    if (!DRAFT.test(name)) expect([name, bytes]).toEqual([name, expected.get(name)]);
  await writerAt(folder).grow(0, SIZE);
  const found = [...(await filesOf(folder))].filter(([name]) => !DRAFT.test(name));
  expect(new Map(found)).toEqual(expected);
}

/** Lets the operation of this number fail, and counts them. */
function strike(step: number, fate: Fate): { readonly steps: () => number } {
  let steps = 0;
  const strikes = () => {
    steps += 1;
    return fate === 'dead' ? steps >= step : steps === step;
  };
  const failure = () => Object.assign(new Error(fate), { code: fate });
  const around =
    <Given extends unknown[], Answer>(work: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      if (strikes()) throw failure();
      return work(...given);
    };
  const { mkdir, open, readFile, rename, rm } = fs;
  jest.spyOn(fs, 'mkdir').mockImplementation(around(mkdir));
  jest.spyOn(fs, 'rename').mockImplementation(around(rename));
  jest.spyOn(fs, 'rm').mockImplementation(around(rm));
  jest.spyOn(fs, 'readFile').mockImplementation(around(readFile) as typeof readFile);
  jest.spyOn(fs, 'open').mockImplementation(
    around(async (...given: Parameters<typeof open>): Promise<FileHandle> => {
      const handle = await open(...given);
      const { sync, writeFile } = handle;
      handle.sync = around(sync.bind(handle));
      handle.writeFile = async (bytes) => {
        if (!strikes()) return writeFile.call(handle, bytes);
        // A disk that becomes full, and a process that dies, have written some of it.
        await writeFile.call(handle, (bytes as Uint8Array).subarray(0, 40));
        throw failure();
      };
      return handle;
    }),
  );
  return { steps: () => steps };
}

describe('tiles, while files fail', () => {
  // Death can come at each operation; the two errors share them.
  it.each<[Fate, number, number]>([
    ['dead', 1, 1],
    ['EIO', 1, 2],
    ['ENOSPC', 2, 2],
  ])('are whole or not there, whichever operation meets %s', async (fate, first, stride) => {
    let step = first;
    for (; step < MOST_STEPS; step += stride) {
      const folder = path.join(scratch, `${fate}-${step}`);
      const { steps } = strike(step, fate);
      const outcome = await writerAt(folder)
        .grow(0, SIZE)
        .then(
          () => 'grown',
          ({ code }) => code,
        );
      jest.restoreAllMocks();
      if (steps() < step) break;
      // Nobody hears that a draft could not be removed.
      expect([step, outcome]).toEqual([step, fate]);
      if (fate !== 'dead') expect([...(await filesOf(folder)).keys()].filter((name) => DRAFT.test(name))).toEqual([]);
      await expectRecovery(folder);
    }
    expect(step).toBeGreaterThan(30);
    expect(step).toBeLessThan(MOST_STEPS);
  });

  it('do not build on an operation that failed in the same process', async () => {
    const folder = path.join(scratch, 'same');
    const writer = writerAt(folder);
    await writer.grow(0, 100);
    strike(3, 'EIO');
    await expect(writer.grow(100, SIZE)).rejects.toMatchObject({ code: 'EIO' });
    jest.restoreAllMocks();
    await writer.grow(100, SIZE);
    for (const [name, bytes] of expected) expect((await filesOf(folder)).get(name)).toEqual(bytes);
  });
});

const reasonAgainstTracing = tracing();

/** Why no system call can be struck here; undefined where they can. */
function tracing(): string | undefined {
  try {
    // To attach to a process that is not a child needs more than to trace one.
    execFileSync('sh', ['-c', 'sleep 0.3 & exec strace -f -qq -o /dev/null -p $!'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

/** The growth as a process of its own, in which a system call meets its fate at its `when`th time; traced from the moment on at which it begins. */
async function growTraced(folder: string, call: string, fate: string, when: number) {
  const program = path.resolve('test/integration/audit/support/grow-tiles.mjs');
  // One thread for files, since strace counts by thread.
  const env = { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '1' };
  const growth = spawn(process.execPath, [program, log.postgresUrl, folder, String(SIZE)], { env });
  const err = text(growth.stderr);
  const ended = once(growth, 'close');
  await Promise.race([once(growth.stdout, 'data'), ended]);
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:${fate}:when=${when}`];
  const strace = spawn('strace', ['-f', '-qq', '-o', '/dev/null', ...inject, '-p', String(growth.pid)]);
  const why = text(strace.stderr);
  const [refused] = await once(strace, 'close');
  // It waits to be traced.
  if (refused !== 0) growth.kill('SIGKILL');
  const [code] = await ended;
  if (refused !== 0) throw new Error(`strace can not attach: ${await why}`);
  return { failed: code !== 0, err: await err };
}

describe('tiles, while system calls fail', () => {
  if (reasonAgainstTracing !== undefined)
    process.stderr.write(
      `Left out: kill -9 and EIO at system calls, for strace can not run (${reasonAgainstTracing}).\n`,
    );
  const whereTraced = reasonAgainstTracing === undefined ? it : it.skip;

  // Every single operation is struck above; here each takes a process.
  whereTraced.each([
    ['fsync', 'signal=KILL', 1],
    ['rename', 'signal=KILL', 2],
    ['fsync', 'error=EIO', 3],
    ['rename', 'error=ENOSPC', 4],
  ] as const)('are whole or not there, whichever %s meets %s', async (call, fate, first) => {
    let when: number = first;
    for (; when < 50; when += 7) {
      const folder = path.join(scratch, `${call}-${fate}-${when}`);
      const { failed, err } = await growTraced(folder, call, fate, when);
      if (!failed) break;
      expect(err).toBe(fate.startsWith('error') ? `${fate.slice('error='.length)}\n` : '');
      await expectRecovery(folder);
    }
    expect(when).toBeGreaterThan(5);
    expect(when).toBeLessThan(50);
  });
});
