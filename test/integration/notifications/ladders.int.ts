import { v7 } from 'uuid';
import {
  type CommunityLadder,
  type CommunityLadderList,
  type Ladder,
  legEscalated,
  legUnopened,
} from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { NudgeWorld } from './support/nudge-world.js';

jest.setTimeout(60_000);

const MINUTE = 60_000;
const QUICK: Ladder = [{ rung: 'SENDER', afterMinutes: 5 }];
const reason = 'Decided by the chairs of a test.';
let world: NudgeWorld;

beforeAll(async () => {
  world = await NudgeWorld.begin({}, ['before', 'after', 'own', 'later']);
}, 90_000);
afterEach(() => jest.restoreAllMocks());
afterAll(() => world?.end(), 30_000);
failOnLeaks();

type Answer = CommunityLadder & { readonly code?: string };

async function set(order: object, authorization?: string): Promise<{ status: number; body: Answer }> {
  const headers = { authorization: authorization ?? (await world.community.operatorAuthorization('notifications')) };
  const payload = { ladderId: v7(), ladder: QUICK, reason, ...order };
  const answer = await world.app.inject({ method: 'POST', url: '/v1/ladders', headers, payload });
  return { status: answer.statusCode, body: answer.json() };
}

async function list(): Promise<CommunityLadder[]> {
  const authorization = await world.community.operatorAuthorization('notifications');
  const answer = await world.app.inject({ url: '/v1/ladders', headers: { authorization } });
  return (answer.json() as CommunityLadderList).ladders;
}

/** A leg that is delivered to a desk; resolves when its escalation is under way. */
async function delivered(desk: string): Promise<string> {
  const { legId } = await world.accepted(desk);
  await eventually(async () => {
    const rows = await world.database.dataSource.query('select 1 from escalation where leg_id = $1', [legId]);
    expect(rows).toHaveLength(1);
  });
  return legId;
}

const stepsOf = async (legId: string) =>
  (await world.feed('iq'))
    .filter(({ type, subject }) => subject === legId && [legEscalated.type, legUnopened.type].includes(type))
    .map(({ type, data }) => (type === legUnopened.type ? 'SENDER' : data.header['rung']));

describe('the ladder of the community', () => {
  it('that an operator sets holds for what is delivered from then on, at desks that have set none', async () => {
    await world.set('own', {
      ladder: [
        { rung: 'DUTY', afterMinutes: 60 },
        { rung: 'SENDER', afterMinutes: 90 },
      ],
    });
    const before = await delivered('before');
    const { status, body } = await set({});
    expect([status, body]).toEqual([
      200,
      {
        ladderId: expect.any(String),
        effectiveFrom: body.effectiveFrom,
        ladder: QUICK,
        set: expect.objectContaining({ reason }),
      },
    ]);
    const [after, own] = [await delivered('after'), await delivered('own')];
    world.putAhead(11 * MINUTE);
    await eventually(async () => expect(await stepsOf(after)).toEqual(['SENDER']));
    // Its first step comes with the ladder that was in force when it was delivered.
    await eventually(async () => expect(await stepsOf(before)).toEqual(['DUTY']));
    expect(await stepsOf(own)).toEqual([]);
  });

  it('may begin later, and holds from then on only', async () => {
    const effectiveFrom = new Date(Date.now() + 60 * MINUTE).toISOString();
    const slow: Ladder = [{ rung: 'SENDER', afterMinutes: 700 }];
    expect((await set({ effectiveFrom, ladder: slow })).body).toMatchObject({ effectiveFrom, ladder: slow });
    const legId = await delivered('later');
    world.putAhead(6 * MINUTE);
    await eventually(async () => expect(await stepsOf(legId)).toEqual(['SENDER']));
  });

  it('is listed with the key that set it, newest first, the one that came with the software last', async () => {
    const ladders = await list();
    const { kid } = world.community.services['operations']!.signer();
    expect(ladders.map(({ set: by }) => by?.by)).toEqual([kid, kid, undefined]);
    const froms = ladders.map(({ effectiveFrom }) => effectiveFrom);
    expect(froms).toEqual([...froms].sort().reverse());
  });

  it('is set once, however often the order comes; another order under the same id is refused', async () => {
    const order = { ladderId: v7(), effectiveFrom: new Date(Date.now() + 5_000).toISOString() };
    const answers = await Promise.all([set(order), set(order), set(order)]);
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body.set?.at]))).size).toBe(1);
    const count = (await list()).length;
    // Repeated when its moment has passed.
    world.putAhead(MINUTE);
    expect((await set(order)).status).toBe(200);
    expect(await set({ ...order, reason: `${reason} Changed.` })).toMatchObject({
      status: 409,
      body: { code: 'ERR_REQUEST_IDEMPOTENCY_CONFLICT' },
    });
    expect(await list()).toHaveLength(count);
  });

  it.each([
    ['that begins in the past', { effectiveFrom: '2026-01-01T00:00:00.000Z' }, 'ERR_LADDER_PAST'],
    ['that never tells the sender', { ladder: [{ rung: 'DUTY', afterMinutes: 5 }] }, 'ERR_REQUEST_INVALID'],
    [
      'whose steps do not go up',
      {
        ladder: [
          { rung: 'DUTY', afterMinutes: 5 },
          { rung: 'SENDER', afterMinutes: 5 },
        ],
      },
      'ERR_REQUEST_INVALID',
    ],
    ['without a reason', { reason: ' ' }, 'ERR_REQUEST_INVALID'],
    ['without an id', { ladderId: 'mine' }, 'ERR_REQUEST_INVALID'],
  ])('is refused %s', async (_what, order, code) => {
    const count = (await list()).length;
    expect(await set(order)).toMatchObject({ status: 422, body: { code } });
    expect(await list()).toHaveLength(count);
  });

  it('is set by no participant', async () => {
    const count = (await list()).length;
    const asParticipant = await world.community.authorization('iq', 'notifications');
    expect(await set({}, asParticipant)).toMatchObject({ status: 401, body: { code: 'ERR_CALLER_UNAUTHENTICATED' } });
    expect(await list()).toHaveLength(count);
  });
});
