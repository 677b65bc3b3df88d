import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { failOnLeaks } from '#libs/testing';
import { TrafficControl } from '#libs/traffic';
import { GatewayWorld, untilReady } from './gateway-world.js';

let world: GatewayWorld;
let second: NestFastifyApplication;

beforeAll(async () => {
  world = await GatewayWorld.begin();
  second = await world.another({});
  await untilReady(second);
}, 60_000);
afterAll(async () => {
  await second?.close();
  await world?.end();
}, 30_000);
failOnLeaks();

const RS = 'urn:serai:participant:rs';

/** A row of policy for a participant, known to both instances. */
async function allow(caller: string, from: string, perSecond: number, burst: number, perDay: number): Promise<void> {
  await world.database.dataSource.query(
    `insert into traffic_policy (caller, effective_from, per_second, burst, per_day, note) values ($1, $2, $3, $4, $5, 'test')`,
    [caller, from, perSecond, burst, perDay],
  );
  await Promise.all([world.gateway, second].map((app) => app.get(TrafficControl).reload()));
}

async function hand(as: 'rs' | 'iq', to = world.gateway) {
  const envelope = await world.community.submission(as, as === 'rs' ? 'iq' : 'rs');
  return { envelope, response: await world.hand(envelope.jws, { as, to }) };
}

describe('a participant that hands in too much', () => {
  it('is not limited by the seeded policy at what the bench does, 100 envelopes a post', async () => {
    const envelopes = await Promise.all(Array.from({ length: 100 }, () => world.community.submission('rs', 'iq')));
    for (let nth = 0; nth < 5; nth += 1) {
      const response = await world.hand({ envelopes: envelopes.map(({ jws }) => jws) });
      expect(response.statusCode).toBe(207);
    }
  });

  it('is told when to come again, signed, with nothing taken; another participant does not notice', async () => {
    await allow(RS, '2026-01-02T00:00:00Z', 0.2, 2, 1_000_000);
    await allow(RS, '2099-01-01T00:00:00Z', 0.001, 1, 1);
    // What was saved up under the old policy is more than the new one lets anybody save.
    const answers = [await hand('rs'), await hand('rs'), await hand('rs')];
    expect(answers.map(({ response }) => response.statusCode)).toEqual([202, 202, 429]);
    const { response, envelope } = answers[2]!;
    await world.expectRefused(response, 429, 'ERR_TRAFFIC_TOO_FAST');
    expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(response.headers['retry-after'])).toBeLessThanOrEqual(5);
    const claimed = await world.database.dataSource.query('select 1 from accepted_envelope where id = $1', [
      envelope.event.id,
    ]);
    expect(claimed).toEqual([]);
    expect((await hand('iq')).response.statusCode).toBe(202);
  });

  it('has one quota for the day at all instances together', async () => {
    const use = async () => {
      const [row] = await world.database.dataSource.query('select used from traffic_use where caller = $1', [RS]);
      return row?.used ?? 0;
    };
    const tell = () => Promise.all([world.gateway, second].map((app) => app.get(TrafficControl).tell()));
    await tell();
    await allow(RS, '2026-01-03T00:00:00Z', 1_000, 1_000, (await use()) + 2);
    expect((await hand('rs', second)).response.statusCode).toBe(202);
    await tell();
    expect((await hand('rs', world.gateway)).response.statusCode).toBe(202);
    await tell();
    const { response } = await hand('rs', world.gateway);
    await world.expectRefused(response, 429, 'ERR_TRAFFIC_QUOTA_SPENT');
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(response.headers['retry-after'])).toBeLessThanOrEqual(86_400);
  });
});

describe('a stranger', () => {
  it('fills neither memory nor tables, however often it calls in whichever name', async () => {
    const control = world.gateway.get(TrafficControl);
    const rows = () =>
      world.database.dataSource.query(
        'select (select count(*) from traffic_use) as use, (select count(*) from spent_token) as spent',
      );
    const before = [control.size, await rows()];
    const good = await world.community.authorization('rs', 'gateway');
    const [header, , signature] = good.replace('Bearer ', '').split('.');
    const { response } = await hand('iq');
    expect(response.statusCode).toBe(202);
    before[1] = await rows();
    before[0] = control.size;
    for (let nth = 0; nth < 50; nth += 1) {
      const claims = {
        iss: `urn:serai:participant:x${nth}`,
        sub: `urn:serai:participant:x${nth}`,
        jti: `${nth}`.repeat(16),
      };
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
      const forged = await world.hand('x', { authorization: `Bearer ${header}.${payload}.${signature}` });
      expect(forged.statusCode).toBe(401);
    }
    expect([control.size, await rows()]).toEqual(before);
  });

  it('is stopped at the size of its body before anything is done with it', async () => {
    const large = await world.hand('x'.repeat(1_048_577), { authorization: 'Bearer a.b.c' });
    expect([large.statusCode, large.json().code]).toEqual([413, 'ERR_REQUEST_TOO_LARGE']);
  });
});
