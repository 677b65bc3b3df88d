import { SpentTokens } from '#libs/hub';
import { failOnLeaks } from '#libs/testing';
import { GatewayWorld, untilReady } from './gateway-world.js';

let world: GatewayWorld;

beforeAll(async () => {
  world = await GatewayWorld.begin();
}, 60_000);

afterAll(() => world?.end(), 30_000);
failOnLeaks();

const spent = async (): Promise<number> => {
  const [row] = await world.database.dataSource.query('select count(*)::int as count from spent_token');
  return row.count;
};

/** Hands in a new envelope with a token, and says what came of it. */
async function handWith(authorization: string, to = world.gateway): Promise<{ status: number; stored: boolean }> {
  const envelope = await world.community.submission('rs', 'iq');
  const { statusCode } = await world.hand(envelope.jws, { authorization, to });
  return { status: statusCode, stored: world.storedWith(envelope) > 0 };
}

describe('a caller token', () => {
  it('opens one call: the second is refused with a code, and its envelope goes nowhere', async () => {
    const authorization = await world.community.authorization('rs', 'gateway');
    expect(await handWith(authorization)).toMatchObject({ status: 202 });
    const envelope = await world.community.submission('rs', 'iq');
    const again = await world.hand(envelope.jws, { authorization });
    await world.expectRefused(again, 401, 'ERR_CALLER_TOKEN_REPLAYED');
    expect(world.storedWith(envelope)).toBe(0);
    // The envelope is not to blame: it goes through with a fresh token.
    expect((await world.hand(envelope.jws)).statusCode).toBe(202);
  });

  it('opens one call of many at once', async () => {
    const authorization = await world.community.authorization('rs', 'gateway');
    const calls = await Promise.all(Array.from({ length: 12 }, () => handWith(authorization)));
    expect(calls.map(({ status }) => status).sort()).toEqual([202, ...Array.from({ length: 11 }, () => 401)]);
  });

  it('opens one call of all instances together, also of one that starts later', async () => {
    const authorization = await world.community.authorization('rs', 'gateway');
    const second = await world.another({});
    try {
      await untilReady(second);
      const calls = await Promise.all(
        [world.gateway, second, world.gateway, second].map((to) => handWith(authorization, to)),
      );
      expect(calls.filter(({ status }) => status === 202)).toHaveLength(1);
    } finally {
      await second.close();
    }
    const restarted = await world.another({});
    try {
      await untilReady(restarted);
      expect(await handWith(authorization, restarted)).toEqual({ status: 401, stored: false });
    } finally {
      await restarted.close();
    }
  }, 60_000);

  it('costs no row before its signature is known good', async () => {
    const before = await spent();
    const good = await world.community.authorization('rs', 'gateway');
    for (const authorization of ['', 'Bearer x.y.z', `${good.slice(0, -4)}AAAA`, `Bearer ${'A'.repeat(9_000)}.A.A`]) {
      expect((await handWith(authorization)).status).toBe(401);
    }
    expect((await handWith(await world.community.authorization('rs', 'notifications'))).status).toBe(401);
    expect(await spent()).toBe(before);
  });

  it('is remembered until long after its minute, then forgotten', async () => {
    const tokens = world.gateway.get(SpentTokens);
    await handWith(await world.community.authorization('rs', 'gateway'));
    expect(await spent()).toBeGreaterThan(0);
    // Five minutes past its end it could still be good by the clock of another instance.
    await tokens.tidy(new Date(Date.now() + 300_000));
    expect(await spent()).toBeGreaterThan(0);
    await tokens.tidy(new Date(Date.now() + 361_000));
    expect(await spent()).toBe(0);
  });
});
