import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '#libs/testing';
import { parseNote, parsePolicy, serialiseVerifierKey, verifyByPolicy } from '#libs/transparency-log';
import { newLogKey, newWitnessKey, ORIGIN, privateKeyText } from './support/keys.js';
import type { Listener } from './support/listener.js';
import { Tool } from './support/run-tool.js';
import { WitnessServer } from './support/witness-server.js';

// Tessera as a library, with a policy: it publishes no checkpoint before enough witnesses have cosigned it.
const log = newLogKey();
const open: Listener[] = [];
const running: Tool[] = [];
let place: string;
let witnesses: WitnessServer[];
let policyFile: string;
let policy: Buffer;

/** Two of three witnesses. */
async function policyOf(servers: readonly WitnessServer[]): Promise<Buffer> {
  const lines = [`log ${serialiseVerifierKey(log.key)}`];
  for (const [index, server] of servers.entries()) {
    const listener = await server.listen();
    open.push(listener);
    lines.push(`witness w${index} ${serialiseVerifierKey(server.signer.key)} ${listener.url}`);
  }
  return Buffer.from(`${[...lines, 'group two-of-three 2 w0 w1 w2', 'quorum two-of-three'].join('\n')}\n`);
}

async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const file = path.join(place, name);
  await fs.writeFile(file, content);
  return file;
}

async function start(folder: string, key = log, policyOfLog = policyFile): Promise<Tool> {
  const keyFile = await fileOf(`${folder}.key`, privateKeyText(key));
  const tool = new Tool('tessera-log', [path.join(place, folder), keyFile, policyOfLog]);
  running.push(tool);
  return tool;
}

/** Adds entries and waits for the checkpoint that is published with them. */
async function add(tool: Tool, ...entries: string[]): Promise<Buffer> {
  const before = tool.stdout;
  tool.child.stdin?.write(`${entries.join('\t')}\n`);
  await eventually(() => expect(tool.stdout.slice(before.length)).toMatch(/\n$/));
  return Buffer.from(tool.stdout.slice(before.length), 'base64');
}

/** Adds entries that are not published, and waits until Tessera has said why. */
async function addInVain(tool: Tool, reason: string, ...entries: string[]): Promise<void> {
  tool.child.stdin?.write(`${entries.join('\t')}\n`);
  await eventually(() => expect(tool.stderr).toContain(reason));
  expect(tool.stdout).toBe('');
}

async function stop(tool: Tool): Promise<void> {
  tool.child.stdin?.end();
  expect((await tool.end()).code).toBe(0);
}

/** How many entries the checkpoint covers that is published in a folder; zero also when there is none. */
async function publishedSize(folder: string): Promise<number> {
  const checkpoint = await fs.readFile(path.join(place, folder, 'checkpoint'), 'utf8').catch(() => '');
  return Number(checkpoint.split('\n')[1] ?? 0);
}

const headsOf = () => witnesses.map((witness) => witness.headOf(ORIGIN));

beforeAll(async () => {
  place = await fs.mkdtemp(path.join(os.tmpdir(), 'tessera-'));
});

beforeEach(async () => {
  const names = ['one', 'two', 'three'];
  witnesses = names.map((name) => new WitnessServer(newWitnessKey(`${name}.witness.example`), [log.key]));
  policy = await policyOf(witnesses);
  policyFile = await fileOf('policy', policy);
});

afterEach(async () => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL');
  for (const { close } of open.splice(0)) await close();
});

function expectPublished(published: Buffer, size: number): void {
  const { checkpoint, cosignatures } = verifyByPolicy(parseNote(published), parsePolicy(policy));
  expect([checkpoint.origin, checkpoint.size]).toEqual([ORIGIN, size]);
  expect(cosignatures.length).toBeGreaterThanOrEqual(2);
}

it('has every checkpoint cosigned by our witnesses as it grows, also after a restart', async () => {
  const tessera = await start('grows');
  for (let index = 0; index < 4; index += 1) expectPublished(await add(tessera, `entry ${index}`), index + 1);
  await stop(tessera);
  const again = await start('grows');
  expectPublished(await add(again, ...Array.from({ length: 600 }, (_, index) => `more ${index}`)), 604);
  await eventually(() => expect(headsOf().map((head) => head?.size)).toEqual([604, 604, 604]));
});

it('publishes with two of three witnesses, not with one, and with two again', async () => {
  const tessera = await start('quorum');
  await open[0]!.close();
  expectPublished(await add(tessera, 'with two'), 1);
  await open[1]!.close();
  tessera.child.stdin?.write('with one\n');
  await eventually(() => expect(witnesses[2]!.headOf(ORIGIN)?.size).toBe(2));
  await eventually(() => expect(tessera.stderr).toContain('witness policy was not satisfied'));
  expect(await publishedSize('quorum')).toBe(1);
  open.push(await witnesses[1]!.listen(Number(new URL(open[1]!.url).port)));
  await eventually(async () => expect(await publishedSize('quorum')).toBe(2));
});

it('publishes no fork: ours say conflict to another root of the same size, and refuse another past', async () => {
  const tessera = await start('first-history');
  expectPublished(await add(tessera, 'a', 'b', 'c'), 3);
  await eventually(() => expect(headsOf().map((head) => head?.size)).toEqual([3, 3, 3]));
  const heads = headsOf();
  for (const [folder, other] of [
    ['second-history', 'x'],
    ['third-history', 'y'],
  ] as const) {
    const unwitnessed = await start(folder, log, await fileOf('unwitnessed', 'quorum none\n'));
    await add(unwitnessed, 'a', other);
    await stop(unwitnessed);
  }
  const same = await start('second-history');
  await addInVain(same, 'says old root hash did not match previous for size 3: 409', 'c');
  const longer = await start('third-history');
  await addInVain(longer, 'says that the consistency proof is bad: 422', 'c', 'd');
  expect(await publishedSize('second-history')).toBe(2);
  expect(await publishedSize('third-history')).toBe(2);
  expect(headsOf()).toEqual(heads);
  expectPublished(await add(tessera, 'd'), 4);
});

it('does not even begin a second log of the same name', async () => {
  expectPublished(await add(await start('begun'), 'a'), 1);
  const second = await start('begun-again');
  expect(await second.end()).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toContain('replied with x.tlog.size 1, larger than log size 0');
});

it('publishes nothing after it was rolled back to an older copy', async () => {
  const tessera = await start('grown');
  expectPublished(await add(tessera, 'a', 'b'), 2);
  await stop(tessera);
  await fs.cp(path.join(place, 'grown'), path.join(place, 'older-copy'), { recursive: true });
  const further = await start('grown');
  expectPublished(await add(further, 'c', 'd', 'e'), 5);
  const copy = await start('older-copy');
  await addInVain(copy, 'replied with x.tlog.size 5, larger than log size 3', 'x');
  expect(await publishedSize('older-copy')).toBe(2);
});

it('publishes nothing under another key or as a log that ours do not know', async () => {
  const [impostor, stranger] = [
    await start('impostor', newLogKey()),
    await start('stranger', newLogKey('other.example')),
  ];
  await addInVain(impostor, 'says no signatures verify against trusted public key: 403', 'a');
  await addInVain(stranger, 'says checkpoint origin is unknown: 404', 'a');
  expect(await publishedSize('impostor')).toBe(0);
  expect(await publishedSize('stranger')).toBe(0);
  expect(headsOf()).toEqual([undefined, undefined, undefined]);
});
