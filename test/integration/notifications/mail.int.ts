import { contactDisabled, legRead, nudgesAccepted, nudgesRefused } from '#libs/contracts';
import { schemaDrift } from '#libs/persistence';
import { eventually, failOnLeaks } from '#libs/testing';
import { MailServer } from './support/mail-server.js';
import { NudgeWorld } from './support/nudge-world.js';

jest.setTimeout(60_000);

const HOUR = 3_600_000;
const DESKS = ['ncc', 'digest', 'quiet', 'dead', 'read', 'again', 'flood', 'later', 'moved', 'crash'];
const server = new MailServer();
let world: NudgeWorld;

beforeAll(async () => {
  const url = await server.start();
  world = await NudgeWorld.begin({ mail: { url, from: 'nudges@hub.example' } }, DESKS);
}, 90_000);
afterEach(() => {
  jest.restoreAllMocks();
  server.busy = false;
  server.silent = false;
});
afterAll(async () => {
  await world?.end();
  await server.stop();
}, 30_000);
failOnLeaks();

const contact = (email: string, receives: 'EVERYTHING' | 'URGENT' = 'EVERYTHING') => ({
  name: 'duty',
  email,
  receives,
});
const mailsTo = (mailbox: string, count: number) =>
  eventually(
    () => {
      expect(server.to(mailbox)).toHaveLength(count);
      return server.to(mailbox);
    },
    { timeoutMs: 15_000 },
  );
const itemsOf = (desk: string): Promise<{ urgent: boolean; due_at: Date }[]> =>
  world.database.dataSource.query(
    `select i.urgent, i.due_at from nudge_item i join nudge_target t on t.id = i.target where t.desk = $1`,
    [`urn:serai:desk:iq:${desk}`],
  );
const planned = (desk: string, count: number) =>
  eventually(async () => expect(await itemsOf(desk)).toHaveLength(count), { timeoutMs: 15_000 });

it('the tables of notifications are those that its entities describe', async () => {
  expect(await schemaDrift(world.database.dataSource)).toEqual([]);
});

describe('what a participant sets', () => {
  it('is taken for an own desk, and the answer names no address', async () => {
    const answer = await world.set('ncc', { contacts: [contact('ncc@iq.example')] });
    expect(answer.type).toBe(nudgesAccepted.type);
    expect(answer.data.header).toMatchObject({ audience: ['urn:serai:participant:iq'], desk: 'urn:serai:desk:iq:ncc' });
    expect(JSON.stringify(answer)).not.toContain('ncc@iq.example');
  });

  it.each([
    ['rs', 'ncc'],
    ['iq', 'nowhere'],
    ['rs', 'rs:ncc'],
  ])('is refused when %s sets it for the desk %s', async (by, desk) => {
    const answer = await world.set(desk, { contacts: [contact('intruder@rs.example')] }, by);
    expect(answer.type).toBe(nudgesRefused.type);
    expect(answer.data.header['problem']).toMatchObject({ code: 'ERR_NUDGES_DESK_UNKNOWN' });
    await world.accepted('ncc');
    await eventually(() => expect(server.to('ncc@iq.example').length).toBeGreaterThan(0), { timeoutMs: 15_000 });
    expect(server.to('intruder@rs.example')).toEqual([]);
  });

  it('takes effect no earlier than it says', async () => {
    await world.set('later', { contacts: [contact('now@iq.example')] });
    await world.set(
      'later',
      { contacts: [contact('tomorrow@iq.example')] },
      'iq',
      new Date(Date.now() + 24 * HOUR).toISOString(),
    );
    await world.accepted('later');
    await mailsTo('now@iq.example', 1);
    expect(server.to('tomorrow@iq.example')).toEqual([]);
    world.putAhead(25 * HOUR);
    await world.accepted('later');
    await mailsTo('tomorrow@iq.example', 1);
    expect(server.to('now@iq.example')).toHaveLength(1);
  });
});

describe('a nudge', () => {
  it('says how much waits, and nothing else', async () => {
    await world.set('again', { contacts: [contact('again@iq.example')] });
    const leg = await world.accepted('again');
    const [mail] = await mailsTo('again@iq.example', 1);
    expect(mail!.subject).toBe('Caravanserai: 1 urgent item - open the hub');
    for (const word of [leg.legId, leg.requestId, 'urn:serai', 'IDENTITY', 'iq:again'])
      expect(mail!.raw).not.toContain(word);
  });

  it('is one digest of what is not urgent, after the interval, and not before', async () => {
    await world.set('digest', { contacts: [contact('digest@iq.example')], digestMinutes: 60 });
    for (let count = 0; count < 5; count += 1) await world.accepted('digest', { priority: 'ROUTINE' });
    await planned('digest', 5);
    expect(server.to('digest@iq.example')).toEqual([]);
    world.putAhead(HOUR + 60_000);
    const [mail] = await mailsTo('digest@iq.example', 1);
    expect(mail!.subject).toBe('Caravanserai: 5 items - open the hub');
    await planned('digest', 0);
  });

  it('of many urgent legs at once is at most two mails a minute', async () => {
    await world.set('flood', { contacts: [contact('flood@iq.example')] });
    await Promise.all(Array.from({ length: 12 }, () => world.accepted('flood')));
    const counted = () =>
      server.to('flood@iq.example').reduce((sum, { subject }) => sum + Number(/(\d+) urgent/.exec(subject)?.[1]), 0);
    await eventually(async () => expect(counted() + (await itemsOf('flood')).length).toBe(12));
    expect(server.to('flood@iq.example').length).toBeLessThanOrEqual(1);
    world.putAhead(61_000);
    await eventually(() => expect(counted()).toBe(12));
    expect(server.to('flood@iq.example').length).toBeLessThanOrEqual(2);
  });

  it('waits for the end of the quiet hours, unless the leg is urgent', async () => {
    const local = (hours: number) => new Date(Date.now() + (3 + hours) * HOUR).toISOString().slice(11, 16);
    await world.set('quiet', {
      contacts: [contact('quiet@iq.example')],
      quietHours: { from: local(-1), to: local(2) },
    });
    await world.accepted('quiet', { priority: 'ROUTINE' });
    await planned('quiet', 1);
    const [item] = await itemsOf('quiet');
    expect(item!.due_at.getTime()).toBeGreaterThan(Date.now() + 1.9 * HOUR);
    expect(server.to('quiet@iq.example')).toEqual([]);
    await world.accepted('quiet');
    const [mail] = await mailsTo('quiet@iq.example', 1);
    expect(mail!.subject).toBe('Caravanserai: 1 urgent item and 1 other - open the hub');
  });

  it('does not come for what the desk has read meanwhile', async () => {
    await world.set('read', { contacts: [contact('read@iq.example')], digestMinutes: 60 });
    const leg = await world.accepted('read', { priority: 'ROUTINE' });
    await world.accepted('read', { priority: 'ROUTINE' });
    await planned('read', 2);
    await world.accepted('read', { ...leg, type: legRead.type });
    await planned('read', 1);
    world.putAhead(2 * HOUR);
    const [mail] = await mailsTo('read@iq.example', 1);
    expect(mail!.subject).toBe('Caravanserai: 1 item - open the hub');
  });

  it('does not go to an address that is in the settings no more, but to those that are', async () => {
    await world.set('moved', { contacts: [contact('old@iq.example')], digestMinutes: 60 });
    await world.accepted('moved', { priority: 'ROUTINE' });
    await planned('moved', 1);
    await world.set('moved', { contacts: [contact('new@iq.example')], digestMinutes: 60 });
    world.putAhead(HOUR + 60_000);
    const [mail] = await mailsTo('new@iq.example', 1);
    expect(mail!.subject).toBe('Caravanserai: 1 item - open the hub');
    await planned('moved', 0);
    expect(server.to('old@iq.example')).toEqual([]);
  });
});

describe('when mail fails', () => {
  it('an outage of the server delays, and is nobody’s fault', async () => {
    server.busy = true;
    world.putAhead(61_000);
    await world.accepted('again');
    await eventually(
      async () => {
        const [row] = await world.database.dataSource.query(
          `select failures from nudge_target where address = 'again@iq.example'`,
        );
        expect(row.failures).toBeGreaterThan(0);
      },
      { timeoutMs: 15_000 },
    );
    server.busy = false;
    world.putAhead(HOUR);
    await mailsTo('again@iq.example', 2);
    expect((await world.feed('iq')).filter(({ type }) => type === contactDisabled.type)).toEqual([]);
  });

  it('a mailbox that does not exist is given up, and its desk is told why', async () => {
    await world.set('dead', { contacts: [contact('gone@iq.example')] });
    await world.accepted('dead');
    for (let days = 1; days <= 10; days += 1) {
      await eventually(
        async () => {
          const [row] = await world.database.dataSource.query(
            `select failures, disabled_at from nudge_target where address = 'gone@iq.example'`,
          );
          expect(row.disabled_at ?? row.failures >= days).toBeTruthy();
        },
        { timeoutMs: 15_000 },
      );
      world.putAhead(days * 30 * HOUR);
    }
    const told = await eventually(
      async () => {
        const found = (await world.feed('iq')).find(({ type }) => type === contactDisabled.type);
        expect(found).toBeDefined();
        return found!;
      },
      { timeoutMs: 15_000 },
    );
    expect(told.data.header).toMatchObject({
      contact: 'duty',
      desk: 'urn:serai:desk:iq:dead',
      audience: ['urn:serai:participant:iq'],
    });
    expect(JSON.stringify(told)).not.toContain('gone@iq.example');
    expect((await world.feed('rs')).some(({ type }) => type === contactDisabled.type)).toBe(false);
  }, 120_000);

  it('a process that dies between sending and noting it sends the same id again', async () => {
    await world.set('crash', { contacts: [contact('crash@iq.example')] });
    server.silent = true;
    await world.accepted('crash');
    await mailsTo('crash@iq.example', 1);
    // As after a death: nobody notes what became of the mail, and the lease runs out.
    await world.database.dataSource.query(
      `update nudge_target set leased_until = now() where address = 'crash@iq.example'`,
    );
    server.silent = false;
    const [first, second] = await mailsTo('crash@iq.example', 2);
    expect(second!.messageId).toBe(first!.messageId);
    expect(second!.subject).toBe(first!.subject);
  });
});
