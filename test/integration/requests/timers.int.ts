import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import {
  clarificationAnswered,
  clarificationAsked,
  deadlineOverrun,
  deadlineWarned,
  envelopeAccepted,
  legLapsed,
} from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { Clock } from '../../../apps/requests/src/deadline/clock.js';
import { DeadlineService } from '../../../apps/requests/src/deadline/deadline.service.js';
import { type ReadEvent, RequestsHub, type TestLeg } from './requests-hub.js';

jest.setTimeout(60_000);

const HOUR = 3_600_000;
let hub: RequestsHub;
let one: NestFastifyApplication;
let other: NestFastifyApplication;

beforeAll(async () => {
  hub = await RequestsHub.found();
  [one, other] = [await hub.start(), await hub.start()];
}, 90_000);
afterEach(() => jest.restoreAllMocks());
afterAll(() => hub?.dissolve(), 30_000);
failOnLeaks();

/** Puts the clocks of timers ahead of the broker's. */
function putAhead(ms: number, ...apps: NestFastifyApplication[]): void {
  for (const app of apps) jest.spyOn(app.get(Clock), 'now').mockImplementation(() => new Date(Date.now() + ms));
}

const fire = (app: NestFastifyApplication, ms: number) => app.get(DeadlineService).fireDue(new Date(Date.now() + ms));

async function deliveredLegs(count: number): Promise<TestLeg[]> {
  const legs = await Promise.all(Array.from({ length: count }, () => hub.request()));
  await hub.send(...legs.map(({ submission }) => submission));
  await hub.send(...(await Promise.all(legs.map((leg) => hub.delivered(leg)))));
  for (const leg of legs) await hub.eventsOf(leg, 2);
  return legs;
}

const SAYINGS: Record<string, string> = {
  [envelopeAccepted.type]: 'accepted',
  [deadlineWarned.type]: 'warned',
  [deadlineOverrun.type]: 'overrun',
  [legLapsed.type]: 'lapsed',
};
const said = ({ type, header }: ReadEvent) => {
  const { overdue, excused, status } = header.leg!;
  const what = [SAYINGS[type], header['percent']].filter(Boolean).join(' ');
  return `${what} ${status}${overdue ? ' overdue' : ''}${excused ? ' excused' : ''}`;
};
const RAN_OUT = ['warned 50 DELIVERED', 'warned 80 DELIVERED', 'warned 100 DELIVERED', 'overrun DELIVERED overdue'];

const timersOf = (leg: TestLeg): Promise<{ kind: string; due_at: Date }[]> =>
  hub.database.dataSource.query('select kind, due_at from leg_timer where leg_id = $1 order by due_at, kind', [
    leg.legId,
  ]);

/** Moves a leg and its timers into the past, as if the service had been away meanwhile. */
async function age(leg: TestLeg, hours: number): Promise<void> {
  const times = ['submitted_at', 'delivered_at', 'started_at', 'due_at', 'moved_at', 'ended_at', 'stopped_at'];
  const shifted = times.map((time) => `${time} = ${time} - make_interval(hours => $2)`).join(', ');
  await hub.database.dataSource.query(`update leg set ${shifted} where id = $1`, [leg.legId, hours]);
  const timers = 'update leg_timer set due_at = due_at - make_interval(hours => $2) where leg_id = $1';
  await hub.database.dataSource.query(timers, [leg.legId, hours]);
}

describe('two instances', () => {
  it('fire each timer once between them, in order', async () => {
    const legs = await deliveredLegs(25);
    await Promise.all(Array.from({ length: 8 }, (_, turn) => fire(turn % 2 ? one : other, 9 * HOUR)));
    for (const leg of legs) {
      const events = await hub.eventsOf(leg, 6);
      expect(events.slice(2).map(said)).toEqual(RAN_OUT);
      expect(await timersOf(leg)).toEqual([]);
    }
    await Promise.all([fire(one, 20 * HOUR), fire(other, 20 * HOUR)]);
    const last = await deliveredLegs(1);
    await hub.eventsOf(last[0]!, 2);
    for (const leg of legs) await hub.eventsOf(leg, 6);
  });

  it('leave a leg alone that is being moved, and come back to it', async () => {
    const [leg] = await deliveredLegs(1);
    const session = hub.database.dataSource.createQueryRunner();
    await session.startTransaction();
    await session.query('select from leg where id = $1 for update', [leg!.legId]);
    await fire(one, 9 * HOUR);
    expect(await timersOf(leg!)).toHaveLength(4);
    await session.commitTransaction();
    await session.release();
    await fire(other, 9 * HOUR);
    expect((await hub.eventsOf(leg!, 6)).slice(2).map(said)).toEqual(RAN_OUT);
  });
});

describe('a timer', () => {
  it('wakes its scheduler in time, not at the next poll', async () => {
    putAhead(4 * HOUR - 300, one, other);
    const [leg] = await deliveredLegs(1);
    const delivered = Date.parse((await hub.eventsOf(leg!, 2))[1]!.header.leg!.deliveredAt!);
    const warned = (await hub.eventsOf(leg!, 3))[2]!;
    expect(said(warned)).toBe('warned 50 DELIVERED');
    const after = warned.record.appendedAt.getTime() - delivered;
    expect(after).toBeGreaterThanOrEqual(300);
    expect(after).toBeLessThan(4_500);
  });

  it('survives the death of its scheduler in the middle of the transaction', async () => {
    const [leg] = await deliveredLegs(1);
    const session = hub.database.dataSource.createQueryRunner();
    await session.startTransaction();
    await session.query('select from producer_position for update');
    const killed = fire(one, 9 * HOUR);
    const waiting = `from pg_stat_activity where wait_event_type = 'Lock' and query like '%producer_position%'`;
    const observer = await hub.database.connect({ schema: 'public' });
    const count = `select count(*)::int as n ${waiting}`;
    await eventually(async () => expect(await observer.query(count)).toEqual([{ n: 1 }]));
    const lost = expect(killed).rejects.toThrow();
    await observer.query(`select pg_terminate_backend(pid) ${waiting}`);
    await lost;
    await session.rollbackTransaction();
    await session.release();
    await eventually(async () => expect(await timersOf(leg!)).toHaveLength(4));
    await eventually(() => fire(other, 9 * HOUR));
    expect((await hub.eventsOf(leg!, 6)).slice(2).map(said)).toEqual(RAN_OUT);
  });

  it('fires at once after a restart when its time passed meanwhile, and never again', async () => {
    const [leg, ended] = await deliveredLegs(2);
    await hub.send(await hub.answered(ended!));
    await hub.eventsOf(ended!, 3);
    await Promise.all([hub.stop(one), hub.stop(other)]);
    await age(leg!, 7);
    await age(ended!, 24 * 30 + 1);
    one = await hub.start();
    expect((await hub.eventsOf(leg!, 4)).slice(2).map(said)).toEqual(RAN_OUT.slice(0, 2));
    const lapsed = (await hub.eventsOf(ended!, 4))[3]!;
    expect(lapsed).toMatchObject({
      type: legLapsed.type,
      header: { leg: { status: 'CLOSED', outcome: 'NOT_STATED' } },
    });
    await hub.stop(one);
    await age(leg!, 2);
    [one, other] = [await hub.start(), await hub.start()];
    expect((await hub.eventsOf(leg!, 6)).slice(2).map(said)).toEqual(RAN_OUT);
    expect(await timersOf(ended!)).toEqual([]);
  });

  it('does not run ahead of a submission that waited on the topic while the service was away', async () => {
    const [leg] = await deliveredLegs(1);
    await Promise.all([hub.stop(one), hub.stop(other)]);
    await hub.send(await hub.answered(leg!));
    jest.spyOn(Clock.prototype, 'now').mockImplementation(() => new Date(Date.now() + 9 * HOUR));
    [one, other] = [await hub.start(), await hub.start()];
    expect((await hub.eventsOf(leg!, 3)).slice(2).map(said)).toEqual(['accepted ANSWERED']);
    expect((await timersOf(leg!)).map(({ kind }) => kind)).not.toContain('OVERRUN');
  });

  it('of a paused leg waits, and moves on by the pause', async () => {
    const [leg] = await deliveredLegs(1);
    const before = await timersOf(leg!);
    expect(before.map(({ kind }) => kind)).toEqual(['WARN_50', 'WARN_80', 'OVERRUN', 'WARN_100']);
    const extra = { clarificationId: uuid7() };
    await hub.send(await hub.message(clarificationAsked, leg!, { extra }));
    await hub.eventsOf(leg!, 3);
    expect(await timersOf(leg!)).toEqual([]);
    await fire(one, 100 * HOUR);
    await hub.send(await hub.message(clarificationAnswered, leg!, { from: 'rs', extra }));
    const { clock } = (await hub.eventsOf(leg!, 4))[3]!.header.leg!;
    const after = await timersOf(leg!);
    const shift = after[0]!.due_at.getTime() - before[0]!.due_at.getTime();
    expect(shift).toBe(clock.pausedMs);
    expect(shift).toBeGreaterThan(0);
  });
});

describe('an overrun', () => {
  it('is taken back when the answer was appended in time but handled late', async () => {
    const [leg] = await deliveredLegs(1);
    await fire(one, 9 * HOUR);
    expect((await hub.eventsOf(leg!, 6)).map(({ type }) => type)).toContain(deadlineOverrun.type);
    await hub.send(await hub.answered(leg!));
    const state = (await hub.eventsOf(leg!, 7))[6]!.header.leg;
    expect(state).toMatchObject({ status: 'ANSWERED', overdue: false, excused: false });
  });

  it('comes before the answer that came too late, although no scheduler had looked', async () => {
    const [leg] = await deliveredLegs(1);
    await Promise.all([hub.stop(one), hub.stop(other)]);
    await age(leg!, 9);
    await hub.database.dataSource.query(
      'update leg_timer set due_at = due_at + make_interval(hours => 24) where leg_id = $1',
      [leg!.legId],
    );
    [one, other] = [await hub.start(), await hub.start()];
    await hub.send(await hub.answered(leg!));
    const events = await hub.eventsOf(leg!, 7);
    expect(events.slice(2).map(said)).toEqual([...RAN_OUT, 'accepted ANSWERED overdue']);
    expect(events[6]!.header.leg).toMatchObject({ status: 'ANSWERED', overdue: true });
  });
});

describe('a deadline profile', () => {
  it('touches no clock that runs, and starts those after it', async () => {
    const [before] = await deliveredLegs(1);
    const [rs, iq] = [hub.community.member('rs').urn, hub.community.member('iq').urn];
    const insert =
      'insert into deadline_profile (id, priority, requester, addressee, allowed, effective_from) values ($1, $2, $3, $4, $5, $6)';
    const id = uuid7();
    await hub.database.dataSource.query(insert, [id, 'URGENT_DIRECT', rs, iq, 'PT4H', new Date(Date.now() - 1_000)]);
    const extra = { clarificationId: uuid7() };
    await hub.send(await hub.message(clarificationAsked, before!, { extra }));
    await hub.send(await hub.message(clarificationAnswered, before!, { from: 'rs', extra }));
    const old = (await hub.eventsOf(before!, 4))[3]!.header.leg!.clock;
    expect(Date.parse(old.dueAt!) - Date.parse(old.startedAt!) - old.pausedMs).toBe(8 * HOUR);
    const [after] = await deliveredLegs(1);
    const { clock } = (await hub.eventsOf(after!, 2))[1]!.header.leg!;
    expect(clock.profile).toBe(id);
    expect(Date.parse(clock.dueAt!) - Date.parse(clock.startedAt!)).toBe(4 * HOUR);
  });
});
