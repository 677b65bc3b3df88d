import { legEscalated, legRead, legUnopened, nudgesRefused } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { EscalationService } from '../../../apps/notifications/src/escalation/escalation.service.js';
import { MailServer } from './support/mail-server.js';
import { NudgeWorld } from './support/nudge-world.js';

jest.setTimeout(60_000);

const MINUTE = 60_000;
const server = new MailServer();
let world: NudgeWorld;

beforeAll(async () => {
  const url = await server.start();
  world = await NudgeWorld.begin({ mail: { url, from: 'nudges@hub.example' } }, [
    'ncc',
    'focal',
    'plain',
    'read',
    'two',
    'late',
  ]);
  await world.start();
}, 90_000);
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await world?.end();
  await server.stop();
}, 30_000);
failOnLeaks();

const contact = (name: string) => ({ name, email: `${name}@iq.example`, receives: 'ESCALATIONS' as const });
const always = (rung: 'DUTY' | 'DEPUTY' | 'SUPERVISOR', name: string) => ({
  rung,
  contact: name,
  from: '00:00',
  to: '00:00',
});
const stepsOf = async (legId: string, of = 'iq') =>
  (await world.feed(of))
    .filter(({ type, subject }) => subject === legId && [legEscalated.type, legUnopened.type].includes(type))
    .map(({ type, data }) =>
      type === legUnopened.type ? 'SENDER' : `${data.header['rung']}${data.header['onDuty'] ? '' : ' nobody'}`,
    );
const steps = (legId: string, expected: string[], of = 'iq') =>
  eventually(async () => expect(await stepsOf(legId, of)).toEqual(expected));
const underWay = async (legId: string) =>
  (await world.database.dataSource.query('select steps from escalation where leg_id = $1', [legId])).length;
const begun = (legId: string) => eventually(async () => expect(await underWay(legId)).toBe(1));

describe('an urgent leg that nobody opens', () => {
  it('climbs from the desk on duty by the deputy and the supervisor of the centre to its sender', async () => {
    const supervisor = { contacts: [contact('supervisor')], roster: [always('SUPERVISOR', 'supervisor')] };
    await world.set('ncc', supervisor);
    await world.set('focal', {
      contacts: [contact('duty'), contact('deputy')],
      roster: [always('DUTY', 'duty'), always('DEPUTY', 'deputy')],
      ladder: [
        { rung: 'DUTY', afterMinutes: 5 },
        { rung: 'DEPUTY', afterMinutes: 15 },
        { rung: 'SUPERVISOR', afterMinutes: 20 },
        { rung: 'SENDER', afterMinutes: 30 },
      ],
    });
    const { legId } = await world.accepted('focal');
    await begun(legId);
    world.putAhead(4 * MINUTE);
    expect(await stepsOf(legId)).toEqual([]);
    world.putAhead(5 * MINUTE + 1_000);
    await steps(legId, ['DUTY']);
    await eventually(() => expect(server.to('duty@iq.example')).toHaveLength(1));
    expect(server.to('deputy@iq.example')).toEqual([]);
    world.putAhead(17 * MINUTE);
    await steps(legId, ['DUTY', 'DEPUTY']);
    world.putAhead(25 * MINUTE);
    await steps(legId, ['DUTY', 'DEPUTY', 'SUPERVISOR']);
    await eventually(() => expect(server.to('supervisor@iq.example')).toHaveLength(1));
    expect(await stepsOf(legId, 'rs')).toEqual([]);
    world.putAhead(40 * MINUTE);
    await steps(legId, ['DUTY', 'DEPUTY', 'SUPERVISOR', 'SENDER']);
    await steps(legId, ['SENDER'], 'rs');
    expect(await underWay(legId)).toBe(0);
    for (const mailbox of ['duty', 'deputy', 'supervisor']) expect(server.to(`${mailbox}@iq.example`)).toHaveLength(1);
  });

  it('of a desk that has set nothing takes the ladder of the community, and says that nobody was on duty', async () => {
    const { legId } = await world.accepted('plain');
    await begun(legId);
    world.putAhead(9 * MINUTE);
    expect(await stepsOf(legId)).toEqual([]);
    world.putAhead(11 * MINUTE);
    await steps(legId, ['DUTY nobody']);
  });

  it('takes each step once, however many look, and one at a time after an outage', async () => {
    const legs = await Promise.all(Array.from({ length: 8 }, () => world.accepted('two')));
    for (const { legId } of legs) await begun(legId);
    const service = world.app.get(EscalationService);
    const now = new Date(Date.now() + 24 * 60 * MINUTE);
    await Promise.all([1, 2, 3, 4].map(() => service.fireDue(now)));
    for (const { legId } of legs) await steps(legId, ['DUTY nobody']);
  });

  it('goes on climbing in another process', async () => {
    const { legId } = await world.accepted('late');
    await begun(legId);
    await world.stop();
    world.putAhead(11 * MINUTE);
    await steps(legId, ['DUTY nobody']);
  });
});

describe('a leg', () => {
  it('that somebody has read climbs no further', async () => {
    const leg = await world.accepted('read');
    await begun(leg.legId);
    world.putAhead(11 * MINUTE);
    await steps(leg.legId, ['DUTY nobody']);
    await world.accepted('read', { ...leg, readAt: new Date().toISOString(), type: legRead.type });
    await eventually(async () => expect(await underWay(leg.legId)).toBe(0));
    await world.app.get(EscalationService).fireDue(new Date(Date.now() + 24 * 60 * MINUTE));
    expect(await stepsOf(leg.legId)).toEqual(['DUTY nobody']);
  });

  it('that is not urgent never climbs', async () => {
    const routine = await world.accepted('read', { priority: 'ROUTINE' });
    const urgent = await world.accepted('read');
    await begun(urgent.legId);
    expect(await underWay(routine.legId)).toBe(0);
  });
});

it('a roster that names a contact which the desk does not have is refused', async () => {
  const answer = await world.set('focal', { contacts: [contact('duty')], roster: [always('DUTY', 'nobody')] });
  expect(answer.type).toBe(nudgesRefused.type);
  expect(answer.data.header['problem']).toMatchObject({ code: 'ERR_NUDGES_CONTACT_UNKNOWN' });
});
