import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import { OperatorClient } from '#libs/client';
import {
  type CloudEvent,
  type ParkedPage,
  type ParkedRecord,
  type ReplayResult,
  requestSubmitted,
  TOPICS,
} from '#libs/contracts';
import { createKeystore, type Keystore } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { base, RequestsHub, SECRET, type TestLeg } from './requests-hub.js';

jest.setTimeout(60_000);

let hub: RequestsHub;
let app: NestFastifyApplication;

beforeAll(async () => {
  hub = await RequestsHub.found();
  app = await hub.start();
}, 90_000);
afterAll(() => hub?.dissolve(), 30_000);
failOnLeaks();

const TOPIC = TOPICS.requestSubmissions.name;
const JWS_BYTES = 2 * 1_048_576;

async function call(method: 'GET' | 'POST', url: string, authorization?: string, payload?: object) {
  const given = authorization ?? (await hub.community.operatorAuthorization('requests'));
  const response = await app.inject({
    method,
    url,
    headers: given ? { authorization: given } : {},
    ...(payload ? { payload } : {}),
  });
  return { status: response.statusCode, text: response.body, body: response.json() };
}

/** Keys that the directory does not know. */
const newKeystore = (): Promise<Keystore> =>
  createKeystore(path.join(hub.community.folder, `${uuid7()}.jwe`), 'of a test');

/** Everything that is parked, from page to page. */
async function parked(pageSize = 200): Promise<ParkedRecord[]> {
  const records: ParkedRecord[] = [];
  for (let after: string | undefined = '0'; after !== undefined; ) {
    const from: string = after === '0' ? '' : `&after=${after}`;
    const { body } = await call('GET', `/v1/parked?limit=${pageSize}${from}`);
    records.push(...(body as ParkedPage).records);
    after = (body as ParkedPage).next;
  }
  return records;
}

/** Puts bytes on the topic under a key of their own and waits for the record of them. */
async function park(value: Buffer, key: string = uuid7()): Promise<ParkedRecord> {
  const before = new Set((await parked()).map(({ id }) => id));
  await hub.sendRecord(key, value);
  return eventually(
    async () => {
      const [fresh] = (await parked()).filter(({ id }) => !before.has(id));
      expect(fresh).toBeDefined();
      return fresh!;
    },
    { timeoutMs: 20_000 },
  );
}

const jws = async (leg: TestLeg | Promise<TestLeg>): Promise<Buffer> => Buffer.from((await leg).submission.jws);

/** Another request of Serbia, altered before it is signed. */
async function signed(alter: (event: CloudEvent) => object): Promise<Buffer> {
  const { submission } = await hub.request();
  const altered = { ...submission.event, ...alter(submission.event as CloudEvent) } as CloudEvent;
  return Buffer.from((await hub.community.sign(altered, hub.community.member('rs').keystore)).jws);
}

function withOneByteChanged(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const place = Math.floor(changed.length / 2);
  // Another letter of base64url, so that only the signature can tell.
  changed[place] = changed[place] === 0x41 ? 0x42 : 0x41;
  return changed;
}

const unsigned = async (): Promise<Buffer> => Buffer.from(JSON.stringify((await hub.request()).submission.event));

const HOSTILE: [string, string, () => Promise<Buffer>][] = [
  ['with one byte changed', 'ERR_ENVELOPE_SIGNATURE', async () => withOneByteChanged(await jws(hub.request()))],
  ['that nobody signed', 'ERR_ENVELOPE_MALFORMED', unsigned],
  ['signed with a revoked key', 'ERR_TRUST_KEY_INACTIVE', () => jws(hub.request({}, { from: 'bg', to: 'iq' }))],
  ['of another realm', 'ERR_ENVELOPE_REALM', () => signed(() => ({ realm: 'training' }))],
  [
    'of 2 MB',
    'ERR_ENVELOPE_TOO_LARGE',
    async () => Buffer.concat([await jws(hub.request()), Buffer.alloc(JWS_BYTES, 'A')]),
  ],
  ['that is no UTF-8', 'ERR_ENVELOPE_MALFORMED', async () => Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0x00])],
  [
    'of a type from the future',
    'ERR_ENVELOPE_CHANNEL',
    () => signed(({ type }) => ({ type: type.replace('.v1', '.v2') })),
  ],
  [
    'whose schema is from the future',
    'ERR_ENVELOPE_SCHEMA',
    () => signed(({ data }) => ({ data: { ...data, header: { ...data.header, kind: 'TELEPATHY' } } })),
  ],
];

describe('a hostile record', () => {
  it.each(HOSTILE)('%s is parked with %s, and the partition goes on', async (_name, code, bytes) => {
    const value = await bytes();
    const [before, key] = [await counted('serai_consumer_records_total'), uuid7()];
    const record = await park(value, key);
    expect(record).toMatchObject({ code, topic: TOPIC, bytes: value.length });
    // It is counted behind its commit, which is when it can be seen.
    await eventually(async () => expect(await counted('serai_consumer_records_total')).toBe(before + 1));
    expect(await counted('serai_parked_messages')).toBe((await parked()).length);
    // Enough legs that some lie in the same partition.
    const legs = await Promise.all(Array.from({ length: TOPICS.requestSubmissions.partitions }, () => hub.request()));
    await hub.send(...legs.map(({ submission }) => submission));
    for (const leg of legs) expect((await hub.eventsOf(leg, 1))[0]?.header.leg?.status).toBe('SUBMITTED');
    expect(hub.events.filter(({ subject }) => subject === key)).toEqual([]);
    // Given to the service again it is judged again, and stays.
    const { body } = await call('POST', `/v1/parked/${record.id}/replay`);
    expect(body).toEqual({ replayed: 0, stopped: { id: record.id, code, reason: record.reason } });
    expect((await parked()).map(({ id }) => id)).toContain(record.id);
  });
});

/** Of a metric, summed over the lines for what is parked. */
async function counted(metric: string): Promise<number> {
  const lines = (await app.inject('/metrics')).body.split('\n').filter((line) => line.startsWith(`${metric}{`));
  const relevant = lines.filter((line) => metric !== 'serai_consumer_records_total' || line.includes('"parked"'));
  return relevant.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('a record that can be mended', () => {
  let newKeys: Keystore;
  let leg: TestLeg;
  let mine: ParkedRecord[];
  beforeAll(async () => {
    newKeys = await newKeystore();
    const drafted = await hub.request();
    // Serbia signs with a key that the directory does not know yet.
    leg = { ...drafted, submission: await hub.community.sign(drafted.submission.event as CloudEvent, newKeys) };
    const before = new Set((await parked()).map(({ id }) => id));
    await hub.send(leg.submission);
    await hub.send(await hub.delivered(leg), await hub.acknowledged(leg));
    mine = await eventually(async () => {
      const fresh = (await parked()).filter(({ id }) => !before.has(id));
      expect(fresh).toHaveLength(3);
      return fresh;
    });
  });

  it('parks its leg and no other', async () => {
    expect(mine.map(({ code }) => code)).toEqual(['ERR_TRUST_UNKNOWN_KEY', 'ERR_KEY_PARKED', 'ERR_KEY_PARKED']);
    const other = await hub.request();
    await hub.send(other.submission);
    expect((await hub.eventsOf(other, 1))[0]?.header.leg?.status).toBe('SUBMITTED');
  });

  it('must go before those that wait behind it', async () => {
    const { status, body } = await call('POST', `/v1/parked/${mine[1]!.id}/replay`);
    expect([status, body.code]).toEqual([409, 'ERR_KEY_PARKED']);
    expect(body.detail).toContain(`Record ${mine[0]!.id} of the same key`);
  });

  it('is handled when it is replayed, then the others in their order, and the key is free again', async () => {
    const [signing] = newKeys.publicKeys().filter(({ use }) => use === 'sig');
    const validUntil = new Date(Date.now() + 86_400_000).toISOString();
    const owner = hub.community.member('rs').urn;
    await hub.accept({ ...base(), kind: 'key-registered', key: { owner, use: 'sig', jwk: signing!.jwk, validUntil } });
    const replayed = await eventually(async () => {
      const { body } = await call('POST', `/v1/parked/${mine[0]!.id}/replay`);
      expect((body as ReplayResult).stopped).toBeUndefined();
      return body as ReplayResult;
    });
    expect(replayed).toEqual({ replayed: 3 });
    const events = await hub.eventsOf(leg, 3);
    expect(events.map(({ header }) => header.problem?.code ?? header.leg?.status)).toEqual([
      'SUBMITTED',
      'DELIVERED',
      'ACKNOWLEDGED',
    ]);
    const left = (await parked()).map(({ id }) => id);
    expect(mine.filter(({ id }) => left.includes(id))).toEqual([]);
    expect((await call('POST', `/v1/parked/${mine[0]!.id}/replay`)).body.code).toBe('ERR_REQUEST_NOT_FOUND');
  });
});

const directoryVersion = async (): Promise<number> =>
  Number(/^serai_directory_version (\d+)$/m.exec((await app.inject('/metrics')).body)?.[1]);

describe('a record that can never verify', () => {
  const reason = 'A byte was changed on the broker; the sender has sent it again.';
  const discard = (id: string, order: object = { reason, releaseKey: true }) =>
    call('POST', `/v1/parked/${id}/discard`, undefined, order);
  const discarded = async (): Promise<ParkedRecord[]> =>
    ((await call('GET', '/v1/parked?discarded=true')).body as ParkedPage).records;

  it('is closed with a reason: it is kept, waits no more, and is not handled when the broker brings it again', async () => {
    const before = await counted('serai_parked_messages');
    const leg = await hub.request();
    const bytes = withOneByteChanged(Buffer.from(leg.submission.jws));
    const record = await park(bytes, leg.submission.event.subject);
    expect(await discard(record.id)).toMatchObject({ status: 200, body: { replayed: 0 } });
    expect((await parked()).map(({ id }) => id)).not.toContain(record.id);
    expect(await counted('serai_parked_messages')).toBe(before);
    const by = hub.community.services['operations']!.signer().kid;
    const kept = (await discarded()).find(({ id }) => id === record.id);
    expect(kept).toEqual({ ...record, discarded: { at: expect.any(String), by, reason } });
    const rows = await hub.database.dataSource.query('select value from parked_message where id = $1', [record.id]);
    expect(rows).toEqual([{ value: bytes }]);
    // Its leg is free: the right bytes are taken.
    await hub.send(leg.submission);
    expect((await hub.eventsOf(leg, 1))[0]?.header.leg?.status).toBe('SUBMITTED');
    for (const act of ['discard', 'replay']) {
      const again = await call('POST', `/v1/parked/${record.id}/${act}`, undefined, { reason, releaseKey: true });
      expect([again.status, again.body.code]).toEqual([404, 'ERR_REQUEST_NOT_FOUND']);
    }
  });

  it('releases its key only when that is said, and then those behind it are handled in their order', async () => {
    const leg = await hub.request();
    const record = await park(withOneByteChanged(Buffer.from(leg.submission.jws)), leg.submission.event.subject);
    await hub.send(leg.submission, await hub.delivered(leg));
    const behind = await eventually(async () => {
      const fresh = (await parked()).filter(({ id }) => Number(id) > Number(record.id));
      expect(fresh.map(({ code }) => code)).toEqual(['ERR_KEY_PARKED', 'ERR_KEY_PARKED']);
      return fresh;
    });
    const held = await discard(record.id, { reason });
    expect([held.status, held.body.code]).toEqual([409, 'ERR_PARKED_KEY_HELD']);
    expect(held.body.detail).toContain('2 wait now');
    const early = await discard(behind[0]!.id);
    expect([early.status, early.body.code]).toEqual([409, 'ERR_KEY_PARKED']);
    expect(hub.events.filter(({ subject }) => subject === leg.submission.event.subject)).toEqual([]);
    expect((await discard(record.id)).body).toEqual({ replayed: 2 });
    const events = await hub.eventsOf(leg, 2);
    expect(events.map(({ header }) => header.leg?.status)).toEqual(['SUBMITTED', 'DELIVERED']);
    // What comes now finds no obstacle.
    await hub.send(await hub.acknowledged(leg));
    expect((await hub.eventsOf(leg, 3))[2]?.header.leg?.status).toBe('ACKNOWLEDGED');
  });

  it('is only one whose own fault it is: a record that verifies now is replayed, not discarded', async () => {
    const newKeys = await newKeystore();
    const { submission } = await hub.request();
    const signedLater = await hub.community.sign(submission.event as CloudEvent, newKeys);
    const record = await park(Buffer.from(signedLater.jws), submission.event.subject);
    const [signing] = newKeys.publicKeys().filter(({ use }) => use === 'sig');
    const validUntil = new Date(Date.now() + 86_400_000).toISOString();
    const owner = hub.community.member('rs').urn;
    const known = await directoryVersion();
    await hub.accept({ ...base(), kind: 'key-registered', key: { owner, use: 'sig', jwk: signing!.jwk, validUntil } });
    await eventually(async () => expect(await directoryVersion()).toBe(known + 1));
    const { status, body } = await discard(record.id);
    expect([status, body.code]).toEqual([409, 'ERR_PARKED_WELL']);
    expect((await call('POST', `/v1/parked/${record.id}/replay`)).body).toEqual({ replayed: 1 });
  });

  it.each<[string, object]>([
    ['no reason', { releaseKey: true }],
    ['a reason that says nothing', { reason: '         ', releaseKey: true }],
    ['a reason that is a book', { reason: 'x'.repeat(501), releaseKey: true }],
    ['a release that is no yes or no', { reason, releaseKey: 'yes' }],
  ])('is not closed with %s', async (_, order) => {
    const before = await parked();
    const { status, body } = await discard(before[0]!.id, order);
    expect([status, body.code]).toEqual([422, 'ERR_REQUEST_INVALID']);
    expect(await parked()).toEqual(before);
  });
});

describe('the list of parked records', () => {
  it('is what the client of operators reads, from page to page', async () => {
    const signer = hub.community.services['operations']!.signer();
    const client = new OperatorClient({ service: 'requests', baseUrl: await app.getUrl(), signer });
    const read: ParkedRecord[] = [];
    for await (const record of client.everyParked()) read.push(record);
    expect(read).toEqual(await parked());
    await expect(client.replay('999999')).rejects.toMatchObject({ code: 'ERR_REQUEST_NOT_FOUND' });
  });

  it('comes in pages, each record once, in the order of parking', async () => {
    const all = await parked();
    expect(all.length).toBeGreaterThanOrEqual(HOSTILE.length);
    expect(await parked(3)).toEqual(all);
    expect(all.map(({ id }) => Number(id))).toEqual(all.map(({ id }) => Number(id)).sort((a, b) => a - b));
  });

  it('is narrowed by topic and by code', async () => {
    const { body } = await call('GET', '/v1/parked?code=ERR_ENVELOPE_REALM');
    expect((body as ParkedPage).records.map(({ code }) => code)).toEqual(['ERR_ENVELOPE_REALM']);
    expect((await call('GET', '/v1/parked?topic=nowhere')).body).toEqual({ records: [] });
  });

  it('says nothing of what the records say, nor which belong together', async () => {
    const { text, body } = await call('GET', '/v1/parked');
    const members = ['appendedAt', 'bytes', 'code', 'id', 'offset', 'parkedAt', 'partition', 'reason', 'topic'];
    for (const record of (body as ParkedPage).records) expect(Object.keys(record).sort()).toEqual(members);
    for (const word of ['urn:serai', requestSubmitted.type, SECRET, 'eyJ']) expect(text).not.toContain(word);
  });

  it.each(['after=0', 'after=-1', 'after=x', 'limit=0', 'limit=201', 'code=signature', 'after=1%20or%201=1'])(
    'refuses ?%s',
    async (query) => {
      const { status, body } = await call('GET', `/v1/parked?${query}`);
      expect([status, body.code]).toEqual([422, 'ERR_REQUEST_INVALID']);
    },
  );

  it.each(['0', 'x', '1;drop', `${'9'.repeat(19)}`])('has no record %s to replay', async (id) => {
    expect((await call('POST', `/v1/parked/${encodeURIComponent(id)}/replay`)).status).toBe(422);
  });
});

describe('operators alone', () => {
  it('get in with each token once', async () => {
    const token = await hub.community.operatorAuthorization('requests');
    expect((await call('GET', '/v1/parked', token)).status).toBe(200);
    const { status, body } = await call('GET', '/v1/parked', token);
    expect([status, body.code]).toEqual([401, 'ERR_CALLER_TOKEN_REPLAYED']);
  });

  const strangers: [string, () => Promise<string>][] = [
    ['nobody', async () => ''],
    ['a participant with a good token', () => hub.community.authorization('rs', 'requests')],
    [
      'a participant who signs as operator',
      () => hub.community.operatorAuthorization('requests', hub.community.member('rs').keystore),
    ],
    [
      'another service of the hub',
      () => hub.community.operatorAuthorization('requests', hub.community.services['directory']),
    ],
    ['somebody with an unknown key', async () => hub.community.operatorAuthorization('requests', await newKeystore())],
    ['an operator with a token for another service', () => hub.community.operatorAuthorization('directory')],
  ];

  it.each(strangers)('read, replay and discard: %s may not', async (_who, authorization) => {
    const [{ id } = { id: '1' }] = await parked();
    const before = await parked();
    for (const [method, url] of [
      ['GET', '/v1/parked'],
      ['POST', `/v1/parked/${id}/replay`],
      ['POST', `/v1/parked/${id}/discard`],
    ] as const) {
      const { status, body } = await call(method, url, await authorization());
      expect([status, body.code]).toEqual([401, 'ERR_CALLER_UNAUTHENTICATED']);
    }
    expect(await parked()).toEqual(before);
  });
});
