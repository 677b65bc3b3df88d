import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeDurably } from './durable-files.js';

/** A file operation: what was written to disk, or renamed to what. */
type Step = { readonly synced: string } | { readonly from: string; readonly to: string };

let folder: string;
let steps: Step[];

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'serai-durable-'));
  steps = [];
  const { open, rename } = fs;
  jest.spyOn(fs, 'open').mockImplementation(async (file, ...how) => {
    const handle = await open(file, ...how);
    const { sync } = handle;
    handle.sync = async () => {
      await sync.call(handle);
      steps.push({ synced: String(file) });
    };
    return handle;
  });
  jest.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
    await rename(from, to);
    steps.push({ from: String(from), to: String(to) });
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await fs.rm(folder, { recursive: true });
});

const inFolder = (...names: string[]) => path.join(folder, ...names);
const newFile = (file: string) => ({ path: file, bytes: Buffer.from(file) });
const placeOf = (is: (step: Step) => boolean) => steps.findIndex(is);
const syncedAt = (what: string, after = -1) =>
  steps.findIndex((step, place) => place > after && 'synced' in step && step.synced === what);

describe(writeDurably.name, () => {
  it('writes each file to disk before it gets its name, and its folder afterwards', async () => {
    const files = [inFolder('one'), inFolder('two')];
    await writeDurably(files.map(newFile));
    for (const file of files) {
      const named = placeOf((step) => 'to' in step && step.to === file);
      const { from } = steps[named] as { from: string };
      expect(from).not.toBe(file);
      expect(syncedAt(from)).toBeGreaterThanOrEqual(0);
      expect(syncedAt(from)).toBeLessThan(named);
      expect(syncedAt(folder, named)).toBeGreaterThan(named);
      expect(await fs.readFile(file, 'utf8')).toBe(file);
    }
  });

  it('writes the folders to disk in which it made new ones', async () => {
    await writeDurably([newFile(inFolder('a', 'b', 'c', 'file'))]);
    for (const made of [['a', 'b', 'c'], ['a', 'b'], ['a'], []])
      expect([made, syncedAt(inFolder(...made)) >= 0]).toEqual([made, true]);
    expect(syncedAt(path.dirname(folder))).toBe(-1);
  });

  it('replaces a file by a whole one, and leaves no draft behind where it cannot', async () => {
    await writeDurably([newFile(inFolder('one'))]);
    jest.mocked(fs.rename).mockRejectedValueOnce(Object.assign(new Error('no'), { code: 'EIO' }));
    await expect(writeDurably([{ path: inFolder('one'), bytes: Buffer.from('other') }])).rejects.toThrow('no');
    expect(await fs.readdir(folder)).toEqual(['one']);
    expect(await fs.readFile(inFolder('one'), 'utf8')).toBe(inFolder('one'));
    await writeDurably([{ path: inFolder('one'), bytes: Buffer.from('other') }]);
    expect(await fs.readFile(inFolder('one'), 'utf8')).toBe('other');
  });
});
