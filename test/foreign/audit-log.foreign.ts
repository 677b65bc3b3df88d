import { failOnLeaks } from '#libs/testing';
import { serialiseVerifierKey } from '#libs/transparency-log';
import { newLogKey, ORIGIN } from './support/keys.js';
import { runTool, Tool } from './support/run-tool.js';
import { ServedLog } from './support/served-log.js';

jest.setTimeout(120_000);

const LEAVES = 10_000;
/** Checkpoints on the way there. */
const SIZES = [100, 255, 256, 257, 2_000, LEAVES];
const SATISFIED = "Successfully fsck'd log with size";
/** One file of each kind. */
const FILES = [
  ['a full tile of leaves', 'tile/0/007'],
  ['the partial tile of leaves', 'tile/0/039.p/16'],
  ['the tile above', 'tile/1/000.p/39'],
  ['a full bundle of entries', 'tile/entries/007'],
  ['the partial bundle of entries', 'tile/entries/039.p/16'],
  ['the checkpoint', 'checkpoint'],
] as const;

/** In the root of a checkpoint: the cosignatures at its end are of keys that those who read it here do not know. Else near the end. */
const placeIn = (name: string) => (name === 'checkpoint' ? ORIGIN.length + '\n10000\n'.length + 10 : -8);

let log: ServedLog;
let olders: string[];

beforeAll(async () => {
  log = await ServedLog.begin();
  olders = [];
  for (const size of SIZES) olders.push(await log.file(`checkpoint-${size}`, await log.growTo(size)));
});
afterAll(() => log?.end());
failOnLeaks();

const fsckArguments = (...more: string[]) => [
  '-ui=false',
  `-storage_url=${log.url}/`,
  `-public_key=${log.keyFile}`,
  `-origin=${ORIGIN}`,
  ...more,
];
const check = (...args: string[]) => runTool('checker', args);

describe("golang.org/x/mod's note and tlog, on the log that the audit service serves", () => {
  it('include every entry, and begin with every older tree', async () => {
    expect(await check('log', log.keyFile, log.url, ...olders)).toEqual({
      code: 0,
      stdout: `${LEAVES} entries included, ${SIZES.length} older checkpoints consistent\n`,
      stderr: '',
    });
  });

  it.each(FILES)('refuse it with one bit changed in %s', async (_what, name) => {
    for (const at of [2, placeIn(name)])
      await log.withFlipped(name, at, async () => {
        expect(await check('log', log.keyFile, log.url)).toMatchObject({ code: 1, stdout: '' });
      });
  });

  it('refuse to let it have another past, though its own key signed that', async () => {
    const fork = await log.file('fork', await log.forked(2_000));
    const { code, stderr } = await check('log', log.keyFile, log.url, olders[0]!, fork);
    expect([code, stderr]).toEqual([1, expect.stringContaining('growth from 2000')]);
    const request = await log.file('request', await log.growthSince(2_000));
    expect(await check('growth', log.keyFile, fork, request)).toMatchObject({ code: 1, stdout: '' });
  });

  it('refuse it under another key', async () => {
    const other = await log.file('other.vkey', serialiseVerifierKey(newLogKey().key));
    const { code, stderr } = await check('log', other, log.url);
    expect([code, stderr]).toEqual([1, expect.stringContaining('checkpoint: ')]);
  });
});

describe("golang.org/x/mod's tlog, on what is made of the tiles", () => {
  it.each([0, 255, 256, 4_095, LEAVES - 1])('accepts the proof of entry %i, and of no other', async (index) => {
    const answer = await log.proofOf(index);
    const [entry, proof] = [await log.file('entry', await log.entry(index)), await log.file('proof', answer)];
    expect(await check('proof', log.keyFile, entry, proof)).toEqual({
      code: 0,
      stdout: `entry ${index} of ${LEAVES} included\n`,
      stderr: '',
    });
    const other = await log.file('other', await log.entry((index + 1) % LEAVES));
    expect(await check('proof', log.keyFile, other, proof)).toMatchObject({ code: 1, stdout: '' });
    const moved = await log.file('moved', answer.replace(`index ${index}\n`, `index ${(index + 1) % LEAVES}\n`));
    expect(await check('proof', log.keyFile, entry, moved)).toMatchObject({ code: 1, stdout: '' });
  });

  it('accepts that it grew, from each size, and only from that', async () => {
    for (const [step, size] of SIZES.slice(0, -1).entries()) {
      const request = await log.file('request', await log.growthSince(size));
      expect(await check('growth', log.keyFile, olders[step]!, request)).toEqual({
        code: 0,
        stdout: `${LEAVES} grew out of ${size}\n`,
        stderr: '',
      });
      expect(await check('growth', log.keyFile, olders[step + 1]!, request)).toMatchObject({ code: 1, stdout: '' });
    }
  });
});

// It computes every tile and the root anew from the entries. Its exit code is 0 also when it fails, and on some damage it hangs.
describe("Tessera's fsck, on the log that the audit service serves", () => {
  /** A damaged log gets a multiple of the time that the undamaged one takes on this machine now. */
  let limitMs: number;

  it('is satisfied with 10,000 leaves', async () => {
    const begun = Date.now();
    const { code, stderr } = await runTool('fsck', fsckArguments());
    limitMs = Math.max(3_000, 20 * (Date.now() - begun));
    expect(stderr).toContain(`${SATISFIED} ${LEAVES}`);
    expect(code).toBe(0);
  });

  it('is not satisfied with another origin, or under another key', async () => {
    const other = await log.file('other.vkey', serialiseVerifierKey(newLogKey().key));
    const runs = await Promise.all([
      runTool('fsck', fsckArguments('-origin=other.example/log')),
      runTool('fsck', fsckArguments(`-public_key=${other}`)),
    ]);
    for (const { stderr } of runs) {
      expect(stderr).toContain('fsck failed');
      expect(stderr).not.toContain(SATISFIED);
    }
  });

  it.each(FILES)('is not satisfied with one bit changed in %s', async (_what, name) => {
    await log.withFlipped(name, placeIn(name), async () => {
      const { code, stderr } = await runTool('fsck', fsckArguments(), limitMs);
      expect(stderr).not.toContain(SATISFIED);
      expect(code === undefined || stderr.includes('fsck failed')).toBe(true);
    });
  });

  it('is satisfied with it again, and while it grows', async () => {
    const fsck = new Tool('fsck', fsckArguments('-qps=15'));
    const ended = fsck.end();
    let isRunning = true;
    void ended.then(() => {
      isRunning = false;
    });
    // Sizes of all kinds: within a tile, over its end.
    for (let step = 0; isRunning; step += 1) await log.growTo(log.size + 1 + ((step * 97) % 300));
    expect((await ended).stderr).toContain(`${SATISFIED} ${LEAVES} `);
    expect(log.size).toBeGreaterThan(LEAVES + 256);
  });
});
