import { v7 as uuid7 } from 'uuid';
import { gatewayReceipt } from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { RECORD_PRODUCER } from '#libs/hub';
import type { ReceivedRecord, RecordProducer } from '#libs/messaging';
import { schemaDrift } from '#libs/persistence';
import { eventually, failOnLeaks } from '#libs/testing';
import { HubCommunity } from '../hub-community.js';
import { TcpProxy } from '../tcp-proxy.js';
import { GatewayWorld, untilReady } from './gateway-world.js';

let world: GatewayWorld;
beforeAll(async () => {
  world = await GatewayWorld.begin();
}, 60_000);
afterAll(() => world?.end(), 30_000);
failOnLeaks();

describe('taking envelopes', () => {
  it('answers a signed receipt, and the record is on its topic byte for byte under its subject', async () => {
    const envelope = await world.community.submission('rs', 'iq');
    const response = await world.hand(envelope.jws);
    expect(response.statusCode).toBe(202);
    expect(response.headers['content-type']).toMatch('application/jose');
    const receipt = await world.opened(response.body);
    expect(receipt.event.type).toBe(gatewayReceipt.type);
    expect(receipt.event.data.header).toMatchObject({
      audience: [world.community.member('rs').urn],
      envelope: { id: envelope.event.id, type: envelope.event.type, sha256: envelope.sha256 },
    });
    const record = await eventually(() => {
      const found: ReceivedRecord | undefined = world.records.find(
        ({ value }) => value.toString('latin1') === envelope.jws,
      );
      expect(found).toBeDefined();
      return found!;
    });
    expect(record.key).toBe(envelope.event.subject);
    expect(record.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  });

  it('takes the same bytes again with a receipt again, and stores one claim', async () => {
    const envelope = await world.community.submission('rs', 'iq');
    expect((await world.hand(envelope.jws)).statusCode).toBe(202);
    expect((await world.hand(envelope.jws)).statusCode).toBe(202);
    const answers = await Promise.all([1, 2, 3, 4].map(() => world.hand(envelope.jws)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202, 202]);
    const sql = 'select count(*)::int as n from accepted_envelope where id = $1';
    expect(await world.database.dataSource.query(sql, [envelope.event.id])).toEqual([{ n: 1 }]);
    await eventually(() => expect(world.storedWith(envelope)).toBe(6));
  });

  it('judges a batch one by one, in its order', async () => {
    const good = await world.community.submission('rs', 'iq');
    const other = await world.community.submission('rs', 'iq');
    const foreign = await world.community.submission('iq', 'rs');
    const response = await world.hand({ envelopes: [good.jws, 'garbage', other.jws, foreign.jws, good.jws] });
    expect(response.statusCode).toBe(207);
    const { answers } = response.json() as { answers: { status: number; answer: string }[] };
    expect(answers.map(({ status }) => status)).toEqual([202, 400, 202, 403, 202]);
    expect((await world.refusalOf(answers[1]!.answer)).sha256).toBe(hashOf('garbage'));
    expect((await world.refusalOf(answers[3]!.answer)).problem.code).toBe('ERR_ENVELOPE_SOURCE');
    expect((await world.opened(answers[2]!.answer)).event.data.header).toMatchObject({
      envelope: { id: other.event.id },
    });
  });

  it('takes a full batch at once', async () => {
    const envelopes: string[] = [];
    for (let n = 0; n < 100; n += 1) envelopes.push((await world.community.submission('rs', 'iq')).jws);
    const { answers } = (await world.hand({ envelopes })).json() as { answers: { status: number }[] };
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    await world.expectRefused(
      await world.hand({ envelopes: [...envelopes, envelopes[0]] }),
      422,
      'ERR_REQUEST_INVALID',
    );
  });

  it('sends directory changes to their own topic', async () => {
    const { urn, keystore } = world.community.member('rs');
    const header = { change: world.community.genesis[0]! };
    const type = 'serai.directory.change.submitted.v1';
    const event = world.community.chained({ source: urn, type, subject: uuid7(), header });
    expect((await world.hand((await world.community.sign(event, keystore)).jws)).statusCode).toBe(202);
  });
});

describe('refusing what is wrong with an envelope', () => {
  it('refuses an id that other bytes have taken', async () => {
    const first = await world.community.submission('rs', 'iq');
    expect((await world.hand(first.jws)).statusCode).toBe(202);
    const second = await world.community.submission('rs', 'iq', { id: first.event.id });
    await world.expectRefused(await world.hand(second.jws), 409, 'ERR_ENVELOPE_CONFLICT');
    expect((await world.hand(first.jws)).statusCode).toBe(202);
    expect(world.storedWith(second)).toBe(0);
  });

  it('refuses a number that other bytes have taken, also within one batch', async () => {
    const first = await world.community.submission('rs', 'iq');
    const second = await world.community.submission('rs', 'iq', { producerseq: first.event.producerseq! });
    const { answers } = (await world.hand({ envelopes: [first.jws, second.jws] })).json() as {
      answers: { status: number }[];
    };
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
  });

  it('lets only one of two concurrent posts have an id', async () => {
    const first = await world.community.submission('rs', 'iq');
    const second = await world.community.submission('rs', 'iq', { id: first.event.id });
    const answers = await Promise.all([world.hand(first.jws), world.hand(second.jws)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([202, 409]);
  });

  it.each([
    ['another realm', { realm: 'training' }, 403, 'ERR_ENVELOPE_REALM'],
    ['a type of another channel', { type: 'serai.requests.envelope.accepted.v1' }, 403, 'ERR_ENVELOPE_CHANNEL'],
    ['another source', { source: 'urn:serai:participant:iq' }, 403, 'ERR_ENVELOPE_SOURCE'],
    ['a wrong payload', { subject: 'not-a-uuid' }, 422, 'ERR_ENVELOPE_SCHEMA'],
    ['no number', { producerseq: undefined }, 422, 'ERR_ENVELOPE_SCHEMA'],
  ] as const)('refuses %s', async (_what, overrides, status, code) => {
    const envelope = await world.community.submission('rs', 'iq', overrides as never);
    await world.expectRefused(await world.hand(envelope.jws), status, code);
    expect(world.storedWith(envelope)).toBe(0);
  });

  it('takes the largest number that the contract has', async () => {
    const envelope = await world.community.submission('rs', 'iq', { producerseq: '9999999999999999999' });
    expect((await world.hand(envelope.jws)).statusCode).toBe(202);
  });

  it('refuses a changed byte and a key that nobody registered', async () => {
    const envelope = await world.community.submission('rs', 'iq');
    const [head, payload, signature] = envelope.jws.split('.');
    const flipped = signature!.startsWith('A') ? `B${signature!.slice(1)}` : `A${signature!.slice(1)}`;
    await world.expectRefused(await world.hand(`${head}.${payload}.${flipped}`), 401, 'ERR_ENVELOPE_SIGNATURE');
    const stranger = await HubCommunity.found(['rs', 'iq'], []);
    const unknown = await stranger.submission('rs', 'iq');
    await stranger.dissolve();
    await world.expectRefused(await world.hand(unknown.jws), 401, 'ERR_TRUST_UNKNOWN_KEY');
  });
});

describe('refusing callers', () => {
  const callers: Record<string, () => Promise<string>> = {
    nobody: async () => '',
    'a forged token': async () => `${(await world.community.authorization('rs', 'gateway')).slice(0, -4)}AAAA`,
    'a token for another service': () => world.community.authorization('rs', 'notifications'),
  };

  it.each(Object.keys(callers))('refuses %s with a signed 401', async (who) => {
    const authorization = await callers[who]!();
    const envelope = await world.community.submission('rs', 'iq');
    const response = await world.hand(envelope.jws, { authorization });
    expect(response.statusCode).toBe(401);
    const { problem, sha256, audience } = await world.refusalOf(response.body);
    expect(problem.code).toBe('ERR_CALLER_UNAUTHENTICATED');
    expect({ sha256, audience }).toEqual({ sha256: envelope.sha256, audience: '*' });
    expect(world.storedWith(envelope)).toBe(0);
  });

  it.each([
    ['ran out', -61_000, '61 s behind'],
    ['is of tomorrow', 86_400_000, '86400 s ahead'],
  ])('refuses a token that %s with a signed 401 that tells how wrong the clock is', async (_what, byMs, apart) => {
    const authorization = await world.community.authorization('rs', 'gateway', new Date(Date.now() + byMs));
    const envelope = await world.community.submission('rs', 'iq');
    const response = await world.hand(envelope.jws, { authorization });
    expect(response.statusCode).toBe(401);
    const { problem } = await world.refusalOf(response.body);
    expect(problem.code).toBe('ERR_CALLER_CLOCK');
    expect(Number(/(\d+) s/.exec(problem.detail)?.[1])).toBeCloseTo(Number.parseInt(apart, 10), -1);
    expect(problem.detail).toContain(apart.split(' ').at(-1));
    expect(world.storedWith(envelope)).toBe(0);
  });

  it("refuses another participant's envelope", async () => {
    const envelope = await world.community.submission('rs', 'iq');
    const response = await world.hand(envelope.jws, { as: 'iq' });
    expect(response.statusCode).toBe(403);
    expect((await world.refusalOf(response.body, 'iq')).problem.code).toBe('ERR_ENVELOPE_SOURCE');
  });

  it('refuses another content type and a body that is too large without reading it', async () => {
    const wrong = await world.hand('hello', { contentType: 'text/plain' });
    expect([wrong.statusCode, wrong.json().code]).toEqual([415, 'ERR_REQUEST_MEDIA_TYPE']);
    const form = await world.hand('a=b', { contentType: 'application/x-www-form-urlencoded' });
    expect([form.statusCode, form.json().code]).toEqual([415, 'ERR_REQUEST_MEDIA_TYPE']);
    const large = await world.hand('x'.repeat(1_048_577));
    expect([large.statusCode, large.json().code]).toEqual([413, 'ERR_REQUEST_TOO_LARGE']);
    const response = await world.hand('not json', { contentType: 'application/json' });
    await world.expectRefused(response, 422, 'ERR_REQUEST_INVALID');
  });
});

describe('what the gateway says of itself', () => {
  it('names addresses, limits, keys and the directory version to everybody', async () => {
    const response = await world.gateway.inject('/.well-known/serai');
    expect(response.json()).toEqual({
      realm: 'production',
      gateway: 'http://hub.test',
      directory: 'http://directory.test',
      notifications: 'http://feed.test',
      algorithms: ['Ed25519', 'ES256'],
      limits: { envelopeBytes: 1_048_576, batchBytes: 4_194_304, envelopesPerBatch: 100 },
      keys: [world.community.services['gateway']!.signer().kid],
      directoryVersion: world.community.genesis.length,
    });
  });

  it('counts by code, without a word of who', async () => {
    const { body } = await world.gateway.inject('/metrics');
    expect(body).toContain('serai_gateway_envelopes_total{answer="ERR_ENVELOPE_CONFLICT"}');
    expect(body).not.toContain('urn:serai:participant');
  });

  it('has entities and migrations that agree', async () => {
    expect(await schemaDrift(world.database.dataSource)).toEqual([]);
  });
});

describe('when something is away', () => {
  it('lives but is not ready while it has not reached the broker', async () => {
    const lost = await world.another({ brokers: ['127.0.0.1:1'] });
    try {
      expect((await lost.inject('/healthz')).statusCode).toBe(200);
      const report = await lost.inject('/readyz');
      expect(report.statusCode).toBe(503);
      for (const name of ['broker', 'directory']) {
        expect(report.json().checks).toContainEqual(expect.objectContaining({ name, state: 'not-ready' }));
      }
      // Nobody can be known yet: not a 401, which a caller would take for a verdict on its key.
      const envelope = await world.community.submission('rs', 'iq');
      const response = await world.hand(envelope.jws, { to: lost });
      expect(response.statusCode).toBe(503);
      expect(response.headers['retry-after']).toBe('2');
    } finally {
      await lost.close();
    }
  }, 30_000);

  it('answers a signed 503 while the broker is away, and takes the same bytes when it is back', async () => {
    const envelope = await world.community.submission('rs', 'iq');
    const producer: RecordProducer = world.gateway.get(RECORD_PRODUCER);
    await producer.disconnect();
    const response = await world.hand(envelope.jws);
    await world.expectRefused(response, 503, 'ERR_BROKER_UNAVAILABLE');
    expect(response.headers['retry-after']).toBe('2');
    const batch = await world.hand({ envelopes: [envelope.jws] });
    expect(batch.json()).toMatchObject({ answers: [{ status: 503 }] });
    expect(batch.headers['retry-after']).toBe('2');
    await producer.connect();
    expect((await world.hand(envelope.jws)).statusCode).toBe(202);
  });

  it('answers a signed 503 while the database is away, stores nothing, and takes the same bytes when it is back', async () => {
    const direct = new URL(world.database.url);
    const path = await TcpProxy.to(direct.hostname, Number(direct.port));
    const proxied = new URL(direct);
    proxied.port = String(path.port);
    const other = await world.another({ postgresUrl: proxied.href });
    try {
      await untilReady(other);
      const envelope = await world.community.submission('rs', 'iq');
      path.cut();
      const response = await world.hand(envelope.jws, { to: other });
      await world.expectRefused(response, 503, 'ERR_DATABASE_UNAVAILABLE');
      expect(response.headers['retry-after']).toBe('2');
      path.restore();
      await eventually(async () => expect((await world.hand(envelope.jws, { to: other })).statusCode).toBe(202));
      await eventually(() => expect(world.storedWith(envelope)).toBe(1));
    } finally {
      await other.close();
      await path.close();
    }
  }, 30_000);
});
