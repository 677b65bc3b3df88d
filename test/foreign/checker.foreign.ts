import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { serialiseVerifierKey } from '#libs/transparency-log';
import { newLogKey } from './support/keys.js';
import { LogFolder } from './support/log-folder.js';
import { type Listener, serveLog } from './support/log-server.js';
import { runTool } from './support/run-tool.js';

// A page of Go with golang.org/x/mod/sumdb/note and tlog, which are those of Go's own checksum database.
const SIZES = [1, 255, 256, 257, 2_000, 3_333];
const signer = newLogKey();
const listeners: Listener[] = [];
let place: string;
let log: LogFolder;
let keyFile: string;
let olders: string[];

async function file(name: string, content: string | Buffer): Promise<string> {
  const full = path.join(place, name);
  await fs.writeFile(full, content);
  return full;
}

async function serve(changed?: ReadonlyMap<string, Buffer>): Promise<string> {
  const listener = await serveLog(log.folder, changed);
  listeners.push(listener);
  return listener.url;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at]! ^= 0x01;
  return changed;
}

beforeAll(async () => {
  place = await fs.mkdtemp(path.join(os.tmpdir(), 'checker-'));
  log = new LogFolder(path.join(place, 'log'), signer);
  keyFile = await file('log.vkey', serialiseVerifierKey(signer.key));
  olders = [];
  for (const size of SIZES) olders.push(await file(`checkpoint-${size}`, await log.grow(size - log.size)));
});

afterEach(async () => {
  for (const { close } of listeners.splice(0)) await close();
});

describe('the log that is served', () => {
  it('includes every entry, and begins with every older tree', async () => {
    const { code, stdout, stderr } = await runTool('checker', ['log', keyFile, await serve(), ...olders]);
    expect(stderr).toBe('');
    expect(stdout).toBe('3333 entries included, 6 older checkpoints consistent\n');
    expect(code).toBe(0);
  });

  it.each([
    ['tile/0/003', 'inconsistent|invalid'],
    ['tile/0/013.p/5', 'inconsistent'],
    ['tile/1/000.p/13', 'inconsistent'],
    ['tile/entries/003', 'invalid|ends within|number of entries'],
    ['checkpoint', 'checkpoint: '],
  ])('does not, with one byte of %s changed', async (name, reason) => {
    const bytes = await fs.readFile(path.join(log.folder, name));
    // Not in the last four characters of base64: Go overlooks the bits that stand for nothing, where we refuse.
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 8]) {
      const url = await serve(new Map([[name, flipped(bytes, at)]]));
      const { code, stdout, stderr } = await runTool('checker', ['log', keyFile, url]);
      expect(stderr).toMatch(new RegExp(reason));
      expect([code, stdout]).toEqual([1, '']);
    }
  });

  it('does not begin with the tree of a fork', async () => {
    const fork = new LogFolder(path.join(place, 'fork'), signer, 'another salt');
    const older = await file('fork-checkpoint', await fork.grow(2_000));
    const { code, stderr } = await runTool('checker', ['log', keyFile, await serve(), older]);
    expect(stderr).toContain('growth from 2000');
    expect(code).toBe(1);
  });

  it('is not read under another key', async () => {
    const other = await file('other.vkey', serialiseVerifierKey(newLogKey().key));
    const { code, stderr } = await runTool('checker', ['log', other, await serve()]);
    expect(stderr).toContain('checkpoint: ');
    expect(code).toBe(1);
  });
});

describe('what we make of the tiles', () => {
  const check = (...args: string[]) => runTool('checker', args);

  it.each([0, 255, 256, 2_047, 3_332])('proves entry %i', async (index) => {
    const [entry, proof] = [await file('entry', log.entry(index)), await file('proof', await log.proofOf(index))];
    expect(await check('proof', keyFile, entry, proof)).toEqual({
      code: 0,
      stdout: `entry ${index} of 3333 included\n`,
      stderr: '',
    });
    const other = await file('other-entry', flipped(log.entry(index), 32));
    expect(await check('proof', keyFile, other, proof)).toMatchObject({ code: 1, stdout: '' });
    const moved = (await log.proofOf(index)).toString().replace(`index ${index}\n`, `index ${(index + 1) % 3_333}\n`);
    expect(await check('proof', keyFile, entry, await file('moved', moved))).toMatchObject({ code: 1, stdout: '' });
  });

  it('proves growth from each older checkpoint, and from no fork', async () => {
    const fork = new LogFolder(path.join(place, 'fork-of-growth'), signer, 'another salt');
    for (const [step, size] of SIZES.entries()) {
      const request = await file('request', await log.growthSince(size));
      expect(await check('growth', keyFile, olders[step]!, request)).toEqual({
        code: 0,
        stdout: `3333 grew out of ${size}\n`,
        stderr: '',
      });
      const forked = await file('forked', await fork.grow(size - fork.size));
      expect(await check('growth', keyFile, forked, request)).toMatchObject({ code: 1, stdout: '' });
    }
  });
});
