import { randomBytes } from 'node:crypto';
import type { LogView, OpenedLeaf, SubmittedRequest } from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { OwnMessages } from '../../../apps/access-point/src/monitor/own-messages.js';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import type { Taken } from './support/hub-double.js';
import { LogScene, recordOf } from './support/log-scene.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

let world: World<'rs'>;
let rs: AccessPoint;
let supervisor: OfficerClient;
let scene: LogScene;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  rs = world.accessPoints.rs;
  supervisor = rs.officer('NCC_SUPERVISOR');
  scene = new LogScene(world, rs);
});
afterAll(() => world?.end());
failOnLeaks();

const check = () => rs.instance.get(OwnMessages).check(new AbortController().signal);
const openAlarms = async () =>
  (await supervisor.get<LogView>('/v1/log')).body.alarms.filter(({ acknowledged }) => acknowledged === undefined);
const foundUpTo = async () =>
  Number((await rs.query<{ n: string }>('select producer_sequence as n from logged_message'))[0]?.n ?? 0);

/** A request that went out, and was received so long ago. */
async function sent(minutesAgo: number): Promise<Taken> {
  const { body } = await supervisor.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
  const { envelopeId } = body.legs[0]!;
  await eventually(async () => {
    const received = `update outgoing_envelope set received_at = received_at - make_interval(mins => $2)
      where envelope_id = $1 and received_at is not null returning 1`;
    const [rows] = await rs.database.dataSource.query(received, [envelopeId, minutesAgo]);
    expect(rows).toHaveLength(1);
  });
  return world.hub.taken.find(({ event }) => event.id === envelopeId)!;
}

describe('own messages', () => {
  it('are found in the log, each once, and not looked for before they are due', async () => {
    const [first, second, young] = [await sent(16), await sent(16), await sent(1)];
    scene.sequence(second);
    scene.sequence(first);
    await scene.publish();
    await check();
    expect(await openAlarms()).toEqual([]);
    expect(await foundUpTo()).toBe(2);
    scene.leaves.clear();
    await check();
    expect(await openAlarms()).toEqual([]);
    scene.sequence(young);
    await scene.publish();
  });

  it.each<[string, (taken: Taken) => void]>([
    ['is not there', () => undefined],
    [
      'is behind what is published',
      (taken) => scene.leaves.set(taken.event.id, { ...leafOf(taken), index: scene.log.size }),
    ],
    [
      'is said to be at the place of another',
      (taken) => scene.leaves.set(taken.event.id, { ...leafOf(taken), index: 1 }),
    ],
    [
      'is there with other bytes',
      (taken) => scene.sequence(taken, { ...recordOf(taken, '9'), messageHash: hashOf('other') }),
    ],
    [
      'is another one',
      (taken) => scene.sequence(taken, { ...recordOf(taken, '9'), id: '01933f6e-0000-7000-8000-00000000dead' }),
    ],
    [
      'has another salt',
      (taken) => {
        scene.sequence(taken);
        scene.leaves.set(taken.event.id, {
          ...scene.leaves.get(taken.event.id)!,
          salt: randomBytes(32).toString('base64url'),
        });
      },
    ],
  ])('raise an alarm when one %s, until it is there', async (_, lie) => {
    await rs.query('update outgoing_envelope set received_at = received_at - make_interval(mins => 16)');
    await check();
    const before = await foundUpTo();
    const missing = await sent(16);
    lie(missing);
    await scene.publish();
    await check();
    expect(await openAlarms()).toMatchObject([
      { kind: 'MESSAGE_MISSING', finding: expect.stringContaining(missing.event.id) as string },
    ]);
    expect(await foundUpTo()).toBe(before);
    scene.sequence(missing);
    await scene.publish();
    await check();
    expect(await foundUpTo()).toBe(before + 1);
    const [alarm] = await openAlarms();
    const reason = { reason: 'The hub has put it into its log.' };
    await supervisor.post(`/v1/log/alarms/${alarm!.alarmId}/acknowledge`, reason);
    expect(await openAlarms()).toEqual([]);
  });

  it('are not judged while the log cannot be asked', async () => {
    await sent(16);
    world.hub.down = true;
    await expect(check()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
    world.hub.down = false;
    world.hub.opened = () => [{ ...[...scene.leaves.values()][0]!, salt: 'AAAA' }];
    await expect(check()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
    expect(await openAlarms()).toEqual([]);
  });
});

/** What would open the leaf, had it been appended. */
function leafOf(taken: Taken): OpenedLeaf {
  return { index: 0, record: recordOf(taken, '7'), salt: randomBytes(32).toString('base64url') };
}
