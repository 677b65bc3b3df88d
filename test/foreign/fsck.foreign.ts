import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { serialiseVerifierKey } from '#libs/transparency-log';
import { newLogKey, ORIGIN } from './support/keys.js';
import { LogFolder } from './support/log-folder.js';
import { type Listener, serveLog } from './support/log-server.js';
import { runTool, Tool } from './support/run-tool.js';

// Tessera's fsck: it computes every tile and the root anew from the entries. Its exit code is 0 also when it fails, and on some damage it hangs.
const SATISFIED = "Successfully fsck'd log with size";
const LEAVES = 10_000;
const signer = newLogKey();
const listeners: Listener[] = [];
let folder: string;
let keyFile: string;
let log: LogFolder;
/** A damaged log gets a multiple of the time that the undamaged one takes on this machine now. */
let limitMs: number;

const fsckArguments = (url: string, ...more: string[]) => [
  '-ui=false',
  `-storage_url=${url}/`,
  `-public_key=${keyFile}`,
  `-origin=${ORIGIN}`,
  ...more,
];

async function serve(changed?: ReadonlyMap<string, Buffer>): Promise<string> {
  const listener = await serveLog(folder, changed);
  listeners.push(listener);
  return listener.url;
}

beforeAll(async () => {
  const place = await fs.mkdtemp(path.join(os.tmpdir(), 'fsck-'));
  folder = path.join(place, 'log');
  keyFile = path.join(place, 'log.vkey');
  await fs.writeFile(keyFile, serialiseVerifierKey(signer.key));
  log = new LogFolder(folder, signer);
  await log.grow(LEAVES);
  const begun = Date.now();
  await runTool('fsck', fsckArguments(await serve()));
  limitMs = Math.max(3_000, 20 * (Date.now() - begun));
});

afterEach(async () => {
  for (const { close } of listeners.splice(0)) await close();
});

it('is satisfied with a log of 10,000 leaves', async () => {
  const { code, stderr } = await runTool('fsck', fsckArguments(await serve()));
  expect(stderr).toContain(`${SATISFIED} ${LEAVES}`);
  expect(code).toBe(0);
});

it('is not satisfied with the log of another origin, or under another key', async () => {
  const url = await serve();
  const other = path.join(folder, '../other.vkey');
  await fs.writeFile(other, serialiseVerifierKey(newLogKey().key));
  const runs = await Promise.all([
    runTool('fsck', [...fsckArguments(url), '-origin=other.example/log']),
    runTool('fsck', [...fsckArguments(url), `-public_key=${other}`]),
  ]);
  for (const { stderr } of runs) {
    expect(stderr).not.toContain(SATISFIED);
    expect(stderr).toContain('fsck failed');
  }
});

it.each([
  ['a full tile of leaves', 'tile/0/007'],
  ['the partial tile of leaves', 'tile/0/039.p/16'],
  ['the tile above', 'tile/1/000.p/39'],
  ['a full bundle of entries', 'tile/entries/007'],
  ['the partial bundle of entries', 'tile/entries/039.p/16'],
  ['the checkpoint', 'checkpoint'],
])('is not satisfied with one byte changed in %s', async (_what, name) => {
  const bytes = await fs.readFile(path.join(folder, name));
  const places = [2, Math.floor(bytes.length / 2), bytes.length - 8];
  const runs = await Promise.all(
    places.map(async (place) => {
      const changed = Buffer.from(bytes);
      changed[place]! ^= 0x01;
      return runTool('fsck', fsckArguments(await serve(new Map([[name, changed]]))), limitMs);
    }),
  );
  for (const { code, stderr } of runs) {
    expect(stderr).not.toContain(SATISFIED);
    expect(code === undefined || stderr.includes('fsck failed')).toBe(true);
  }
});

it('is satisfied with a log that grows meanwhile', async () => {
  const begun = log.size;
  const fsck = new Tool('fsck', fsckArguments(await serve(), '-qps=50'));
  const ended = fsck.end();
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
  });
  // Sizes of all kinds: within a tile, over its end, over several.
  for (let step = 0; isRunning; step += 1) await log.grow(1 + ((step * 37) % 300));
  const { stderr } = await ended;
  const size = Number(new RegExp(`${SATISFIED} (\\d+)`).exec(stderr)?.[1]);
  expect(size).toBeGreaterThanOrEqual(begun);
  expect(log.size).toBeGreaterThan(size + 256);
});
