import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { eventually, failOnLeaks } from '#libs/testing';
import { parseNote, parsePolicy, type SignerKey, verifyByPolicy } from '#libs/transparency-log';
import { AccessPointWitnesses } from './support/access-point-witnesses.js';
import { newLogKey } from './support/keys.js';
import { TesseraLog } from './support/tessera-log.js';

jest.setTimeout(120_000);

// Tessera as a library, with a policy: it publishes no checkpoint before enough witnesses have cosigned it, here three of four access points.
const ORIGINS = ['grows', 'quorum', 'fork', 'begun', 'rolled-back', 'impostor'].map((name) => `${name}.example/log`);
const keys = new Map(ORIGINS.map((origin) => [origin, newLogKey(origin)]));
const logs: TesseraLog[] = [];
let place: string;
let witnesses: AccessPointWitnesses;

beforeAll(async () => {
  place = await fs.mkdtemp(path.join(os.tmpdir(), 'tessera-'));
  witnesses = await AccessPointWitnesses.begin([...keys.values()]);
});
afterEach(async () => {
  for (const log of logs.splice(0)) await log.kill();
});
afterAll(async () => {
  await witnesses?.end();
  await fs.rm(place, { recursive: true, force: true });
});
failOnLeaks();

const keyOf = (origin: string): SignerKey => keys.get(origin)!;

async function start(folder: string, key: SignerKey, policy = witnesses.policy): Promise<TesseraLog> {
  const log = new TesseraLog(path.join(place, folder), key);
  logs.push(log);
  return log.start(policy);
}

function expectPublished(published: Buffer, origin: string, size: number): void {
  const policy = parsePolicy(Buffer.from(witnesses.policy));
  const { checkpoint, cosignatures } = verifyByPolicy(parseNote(published), policy);
  expect([checkpoint.origin, checkpoint.size]).toEqual([origin, size]);
  expect(cosignatures.length).toBeGreaterThanOrEqual(3);
}

it('has every checkpoint cosigned by our witnesses as it grows, also after a restart', async () => {
  const origin = 'grows.example/log';
  const log = await start('grows', keyOf(origin));
  for (let index = 0; index < 4; index += 1) expectPublished(await log.add(`entry ${index}`), origin, index + 1);
  expect(await log.finish()).toBe(0);
  const again = await start('grows', keyOf(origin));
  const more = Array.from({ length: 600 }, (_, index) => `more ${index}`);
  expectPublished(await again.add(...more), origin, 604);
  await eventually(async () => expect(await witnesses.sizes(origin)).toEqual([604, 604, 604, 604]));
});

it('publishes with three of four witnesses, not with two, and with three again', async () => {
  const origin = 'quorum.example/log';
  const log = await start('quorum', keyOf(origin));
  witnesses.path('rs').cut();
  expectPublished(await log.add('with three'), origin, 1);
  witnesses.path('iq').cut();
  log.send('with two');
  await eventually(async () => expect((await witnesses.sizes(origin)).slice(2)).toEqual([2, 2]));
  await eventually(() => expect(log.told).toContain('witness policy was not satisfied'));
  expect(await log.publishedSize()).toBe(1);
  for (const member of ['rs', 'iq'] as const) witnesses.path(member).restore();
  await eventually(async () => expect(await log.publishedSize()).toBe(2));
});

it('publishes no fork: ours say conflict to another root of the same size, and refuse another past', async () => {
  const origin = 'fork.example/log';
  const first = await start('first-history', keyOf(origin));
  expectPublished(await first.add('a', 'b', 'c'), origin, 3);
  await eventually(async () => expect(await witnesses.sizes(origin)).toEqual([3, 3, 3, 3]));
  const heads = await witnesses.heads(origin);
  for (const [folder, entries, reason] of [
    ['second-history', ['x'], 'says old root hash did not match previous for size 3: 409'],
    ['third-history', ['x', 'y'], 'says that the consistency proof is bad: 422'],
  ] as const) {
    const unwitnessed = await start(folder, keyOf(origin), 'quorum none\n');
    await unwitnessed.add('a', folder);
    expect(await unwitnessed.finish()).toBe(0);
    const fork = await start(folder, keyOf(origin));
    await fork.addInVain(reason, ...entries);
    expect(await fork.publishedSize()).toBe(2);
    await fork.kill();
  }
  expect(await witnesses.heads(origin)).toEqual(heads);
  expectPublished(await first.add('d'), origin, 4);
});

it('does not even begin a second log of the same name', async () => {
  const origin = 'begun.example/log';
  const log = await start('begun', keyOf(origin));
  expectPublished(await log.add('a'), origin, 1);
  await eventually(async () => expect(await witnesses.sizes(origin)).toEqual([1, 1, 1, 1]));
  const second = await start('begun-again', keyOf(origin));
  await eventually(() => expect(second.told).toContain('replied with x.tlog.size 1, larger than log size 0'));
  expect(await second.finish()).toBe(1);
  expect(await second.publishedSize()).toBe(0);
});

it('publishes nothing after it was rolled back to an older copy', async () => {
  const origin = 'rolled-back.example/log';
  const log = await start('grown', keyOf(origin));
  expectPublished(await log.add('a', 'b'), origin, 2);
  expect(await log.finish()).toBe(0);
  await fs.cp(path.join(place, 'grown'), path.join(place, 'older-copy'), { recursive: true });
  const further = await start('grown', keyOf(origin));
  expectPublished(await further.add('c', 'd', 'e'), origin, 5);
  await further.kill();
  const copy = await start('older-copy', keyOf(origin));
  await copy.addInVain('replied with x.tlog.size 5, larger than log size 3', 'x');
  expect(await copy.publishedSize()).toBe(2);
});

it('publishes nothing under another key, or as a log that the community does not name', async () => {
  const impostor = await start('impostor', newLogKey('impostor.example/log'));
  await impostor.addInVain('says no signatures verify against trusted public key: 403', 'a');
  const stranger = await start('stranger', newLogKey('stranger.example/log'));
  await stranger.addInVain('says checkpoint origin is unknown: 404', 'a');
  expect([await impostor.publishedSize(), await stranger.publishedSize()]).toEqual([0, 0]);
  for (const origin of ['impostor.example/log', 'stranger.example/log'])
    expect(await witnesses.sizes(origin)).toEqual([0, 0, 0, 0]);
});
