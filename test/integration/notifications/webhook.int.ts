import { createPublicKey, verify } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { contactDisabled, nudgesAccepted, nudgesRefused } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { NudgeWorld } from './support/nudge-world.js';

jest.setTimeout(60_000);

interface Call {
  readonly url: string;
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: string;
}

const calls: Call[] = [];
/** Status to answer with, by path; a path that is not here is never answered. */
const answers = new Map<string, number>();
const receiver = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.once('end', () => {
    const header = (name: string) => String(request.headers[name]);
    const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header);
    calls.push({ url: request.url!, id: id!, timestamp: timestamp!, signature: signature!, body });
    const status = answers.get(request.url!);
    if (status !== undefined) response.writeHead(status).end();
  });
});
const to = (path: string) => calls.filter(({ url }) => url === path);
const callsTo = (path: string, count: number) =>
  eventually(() => {
    expect(to(path).length).toBeGreaterThanOrEqual(count);
    return to(path);
  });

let world: NudgeWorld;
let origin: string;
const DEAD = Array.from({ length: 12 }, (_, index) => `dead-${index}`);

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  world = await NudgeWorld.begin({ webhookTargets: 'any' }, ['ncc', 'flaky', 'gone', 'alive', ...DEAD]);
}, 90_000);
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  receiver.closeAllConnections();
  await world?.end();
  await new Promise((resolve) => receiver.close(resolve));
}, 40_000);
failOnLeaks();

const hook = (path: string) => ({ name: 'system', webhook: `${origin}${path}`, receives: 'EVERYTHING' as const });

it('a webhook is signed with the registered key of notifications and says nothing', async () => {
  answers.set('/ncc', 200);
  expect((await world.set('ncc', { contacts: [hook('/ncc')] })).type).toBe(nudgesAccepted.type);
  const leg = await world.accepted('ncc');
  const [call] = await callsTo('/ncc', 1);
  const { jwk } = world.community.services['notifications']!.publicKeys().find(({ use }) => use === 'sig')!;
  const signed = Buffer.from(`${call!.id}.${call!.timestamp}.${call!.body}`);
  const [version, signature] = call!.signature.split(',');
  expect(version).toBe('v1a');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  expect(verify(null, signed, key, Buffer.from(signature!, 'base64'))).toBe(true);
  expect(verify(null, Buffer.from(`${signed}x`), key, Buffer.from(signature!, 'base64'))).toBe(false);
  expect(Math.abs(Number(call!.timestamp) - Date.now() / 1000)).toBeLessThan(60);
  expect(JSON.parse(call!.body)).toEqual({
    type: 'serai.nudge',
    timestamp: expect.any(String),
    data: { urgent: 1, others: 0, text: '1 urgent item - open the hub' },
  });
  for (const word of [leg.legId, 'urn:serai', 'iq']) expect(call!.body).not.toContain(word);
});

it('a call that failed is repeated with the same id, and its items are not counted twice', async () => {
  answers.set('/flaky', 503);
  await world.set('flaky', { contacts: [hook('/flaky')] });
  await world.accepted('flaky');
  await callsTo('/flaky', 1);
  answers.set('/flaky', 204);
  world.putAhead(10_000);
  const [first, second] = await callsTo('/flaky', 2);
  expect(second!.id).toBe(first!.id);
  expect(JSON.parse(second!.body).data).toEqual(JSON.parse(first!.body).data);
  const left = async () =>
    world.database.dataSource.query(
      `select 1 from nudge_target where failures > 0 and desk = 'urn:serai:desk:iq:flaky'`,
    );
  await eventually(async () => expect(await left()).toEqual([]));
});

it('a receiver that says 410 is given up at once, and tried again when the settings are sent again', async () => {
  answers.set('/gone', 410);
  await world.set('gone', { contacts: [hook('/gone')] });
  await world.accepted('gone');
  const told = await eventually(async () => {
    const found = (await world.feed('iq')).find(({ type }) => type === contactDisabled.type);
    expect(found).toBeDefined();
    return found!;
  });
  expect(told.data.header).toMatchObject({ contact: 'system', reason: expect.stringContaining('status 410') });
  expect(JSON.stringify(told)).not.toContain(origin);
  await world.accepted('gone');
  answers.set('/gone', 200);
  await world.set('gone', { contacts: [hook('/gone')] });
  await world.accepted('gone');
  expect(JSON.parse((await callsTo('/gone', 2))[1]!.body).data.urgent).toBe(1);
});

it('many that never answer do not delay one that does', async () => {
  for (const desk of DEAD) await world.set(desk, { contacts: [hook(`/${desk}`)] });
  answers.set('/alive', 200);
  await world.set('alive', { contacts: [hook('/alive')] });
  await Promise.all(DEAD.map((desk) => world.accepted(desk)));
  await eventually(
    async () => {
      const [row] = await world.database.dataSource.query(
        `select count(*)::int as count from nudge_target where failures > 0`,
      );
      expect(row.count).toBeGreaterThanOrEqual(DEAD.length);
    },
    { timeoutMs: 40_000 },
  );
  world.putAhead(10_000);
  await callsTo(`/${DEAD[0]}`, 2);
  const begun = Date.now();
  await world.accepted('alive');
  await callsTo('/alive', 1);
  expect(Date.now() - begun).toBeLessThan(5_000);
});

it('a hub that is not told otherwise refuses addresses that are not public', async () => {
  const strict = await NudgeWorld.begin({}, ['ncc']);
  try {
    for (const webhook of [origin, 'https://127.0.0.1/x', 'https://169.254.169.254/']) {
      const answer = await strict.set('ncc', { contacts: [{ name: 'system', webhook, receives: 'URGENT' }] });
      expect(answer.type).toBe(nudgesRefused.type);
      expect(answer.data.header['problem']).toMatchObject({ code: 'ERR_NUDGES_CHANNEL_OFF' });
    }
    const mail = { contacts: [{ name: 'mail', email: 'ncc@iq.example', receives: 'URGENT' as const }] };
    expect((await strict.set('ncc', mail)).type).toBe(nudgesRefused.type);
  } finally {
    await strict.end();
  }
});
