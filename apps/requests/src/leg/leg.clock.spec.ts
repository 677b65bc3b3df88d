import {
  addAllowance,
  deliveryInstant,
  LAPSE_AFTER_MS,
  letTimePass,
  pauseClock,
  pendingInstants,
  resumeClock,
  startClock,
  stopClock,
  takeBackEarlyMarks,
} from './leg.clock.js';
import { at, DELIVERED_AT, legIn, PROFILE_ID } from './leg.fixtures.js';

const HOUR = 3_600_000;
const hours = (count: number) => new Date(DELIVERED_AT.getTime() + count * HOUR);
const running = legIn('DELIVERED');
const DUE = hours(8);

describe(addAllowance.name, () => {
  it.each([
    [
      'hours are absolute across the end of summer time',
      '2026-10-24T22:00:00.000Z',
      'PT8H',
      'Europe/Belgrade',
      '2026-10-25T06:00:00.000Z',
    ],
    [
      'three days keep the wall time across the end of summer time',
      '2026-10-23T14:00:00.000Z',
      'P3D',
      'Europe/Belgrade',
      '2026-10-26T15:00:00.000Z',
    ],
    [
      'three days keep the wall time across its beginning',
      '2026-03-27T15:00:00.000Z',
      'P3D',
      'Europe/Belgrade',
      '2026-03-30T14:00:00.000Z',
    ],
    ['seven days in New York', '2026-03-06T17:00:00.000Z', 'P7D', 'America/New_York', '2026-03-13T16:00:00.000Z'],
    [
      'a wall time that does not exist moves on by the gap',
      '2026-03-26T01:30:00.000Z',
      'P3D',
      'Europe/Belgrade',
      '2026-03-29T01:30:00.000Z',
    ],
    [
      'of a wall time that exists twice the first counts',
      '2026-10-22T00:30:00.000Z',
      'P3D',
      'Europe/Belgrade',
      '2026-10-25T00:30:00.000Z',
    ],
    [
      'Istanbul changed its clock until 2016',
      '2015-11-05T21:00:00.000Z',
      'P3D',
      'Europe/Istanbul',
      '2015-11-08T22:00:00.000Z',
    ],
    ['and does not since', '2026-10-23T14:00:00.000Z', 'P3D', 'Europe/Istanbul', '2026-10-26T14:00:00.000Z'],
    [
      'Baghdad changed its clock until 2007',
      '2007-09-29T12:00:00.000Z',
      'P3D',
      'Asia/Baghdad',
      '2007-10-02T13:00:00.000Z',
    ],
    ['days and hours together', '2026-10-23T14:00:00.000Z', 'P2DT12H', 'Europe/Belgrade', '2026-10-26T03:00:00.000Z'],
  ])('%s', (_name, start, allowed, zone, due) => {
    expect(addAllowance(at(start), allowed, zone).toISOString()).toBe(due);
  });
});

describe(deliveryInstant.name, () => {
  const [submitted, stated, appended] = [
    at('2026-11-22T03:00:00.000Z'),
    at('2026-11-22T03:05:00.000Z'),
    at('2026-11-22T03:10:00.000Z'),
  ];

  it('is what the addressee states', () => {
    expect(deliveryInstant(stated, submitted, appended)).toEqual(stated);
  });

  it('is not before the hub had the request', () => {
    expect(deliveryInstant(at('2026-11-22T02:50:00.000Z'), submitted, appended)).toEqual(submitted);
  });

  it('is not after the hub had the statement', () => {
    expect(deliveryInstant(at('2026-11-22T03:20:00.000Z'), submitted, appended)).toEqual(appended);
  });
});

describe(pendingInstants.name, () => {
  it('warns at 50, 80 and 100 percent and marks at the due time', () => {
    expect(pendingInstants(running)).toEqual([
      { kind: 'WARN_50', at: hours(4) },
      { kind: 'WARN_80', at: hours(6.4) },
      { kind: 'WARN_100', at: DUE },
      { kind: 'OVERRUN', at: DUE },
    ]);
  });

  it('shifts everything by a pause', () => {
    const resumed = resumeClock(pauseClock(running, hours(1)), hours(3));
    expect(resumed).toMatchObject({ pausedMs: 2 * HOUR, dueAt: hours(10) });
    expect(pendingInstants(resumed).map((instant) => instant.at)).toEqual([hours(6), hours(8.4), hours(10), hours(10)]);
  });

  it('leaves out what was warned of', () => {
    const kinds = pendingInstants({ ...running, warned: 80 }).map(({ kind }) => kind);
    expect(kinds).toEqual(['WARN_100', 'OVERRUN']);
  });

  it.each([
    ['an undelivered leg', legIn('SUBMITTED')],
    ['a paused leg', legIn('CLARIFICATION_SOUGHT')],
    ['a leg without deadline', startClock(running, DELIVERED_AT, { id: PROFILE_ID, allowed: null })],
    ['an overdue leg that was warned of everything', { ...running, warned: 100, overdue: true }],
    ['a closed leg', legIn('CLOSED')],
    ['a withdrawn leg', legIn('WITHDRAWN')],
  ])('%s waits for nothing', (_name, leg) => {
    expect(pendingInstants(leg)).toEqual([]);
  });

  it.each(['ANSWERED', 'PARTIALLY_REFUSED', 'REFUSED', 'DECLINED_UNSPECIFIED'] as const)('%s lapses', (status) => {
    const lapse = new Date(DELIVERED_AT.getTime() + LAPSE_AFTER_MS);
    expect(pendingInstants(legIn(status))).toEqual([{ kind: 'LAPSE', at: lapse }]);
  });
});

describe(letTimePass.name, () => {
  const kinds = (leg = running, until = DUE) => letTimePass(leg, until).passed.map(({ kind }) => kind);

  it('does nothing at the instant itself', () => {
    expect(kinds(running, hours(4))).toEqual([]);
    expect(kinds(running, new Date(hours(4).getTime() + 1))).toEqual(['WARN_50']);
    expect(kinds(running, DUE)).toEqual(['WARN_50', 'WARN_80']);
  });

  it('does it once, however late', () => {
    const first = letTimePass(running, hours(100));
    expect(first.passed.map(({ kind }) => kind)).toEqual(['WARN_50', 'WARN_80', 'WARN_100', 'OVERRUN']);
    expect(letTimePass(first.leg, hours(200)).passed).toEqual([]);
  });

  it('shows the leg as it was at each instant', () => {
    const { passed } = letTimePass(running, hours(9));
    expect(passed.map(({ leg }) => [leg.version, leg.overdue])).toEqual([
      [1, false],
      [1, false],
      [1, false],
      [2, true],
    ]);
  });

  it('marks an overrun, excused only while authorisation is awaited', () => {
    expect(letTimePass(running, hours(9)).leg).toMatchObject({ overdue: true, excused: false });
    expect(letTimePass(legIn('AWAITING_AUTHORISATION'), hours(9)).leg).toMatchObject({ overdue: true, excused: true });
  });

  it('closes an ended leg after 30 days with outcome NOT_STATED', () => {
    const after = letTimePass(legIn('REFUSED'), new Date(DELIVERED_AT.getTime() + LAPSE_AFTER_MS + 1));
    expect(after.leg).toMatchObject({ status: 'CLOSED', outcome: 'NOT_STATED', version: 2 });
    expect(pendingInstants(after.leg)).toEqual([]);
  });
});

describe('moves of the clock that change nothing', () => {
  it('pauses only what runs', () => {
    for (const status of ['SUBMITTED', 'CLARIFICATION_SOUGHT', 'ANSWERED'] as const) {
      expect(pauseClock(legIn(status), hours(1))).toEqual(legIn(status));
    }
  });

  it('resumes only what pauses', () => {
    for (const status of ['SUBMITTED', 'DELIVERED', 'ANSWERED'] as const) {
      expect(resumeClock(legIn(status), hours(1))).toEqual(legIn(status));
    }
  });

  it('stops once, and never what has not started', () => {
    expect(stopClock(legIn('SUBMITTED'), hours(1))).toEqual(legIn('SUBMITTED'));
    expect(stopClock(legIn('ANSWERED'), hours(1))).toEqual(legIn('ANSWERED'));
  });
});

describe(takeBackEarlyMarks.name, () => {
  const marked = letTimePass(running, hours(9)).leg;
  const lapsed = letTimePass(legIn('REFUSED'), new Date(DELIVERED_AT.getTime() + LAPSE_AFTER_MS + 1)).leg;

  it('takes an overdue mark back for a record of the due time', () => {
    expect(takeBackEarlyMarks(marked, DUE)).toMatchObject({ overdue: false, excused: false });
  });

  it('keeps the mark for a later record', () => {
    expect(takeBackEarlyMarks(marked, new Date(DUE.getTime() + 1))).toEqual(marked);
  });

  it('reopens a leg that lapsed while its closing was on the way', () => {
    const restored = takeBackEarlyMarks(lapsed, new Date(DELIVERED_AT.getTime() + LAPSE_AFTER_MS));
    expect(restored).toMatchObject({ status: 'REFUSED', outcome: null, resumeStatus: null });
    expect(takeBackEarlyMarks(lapsed, new Date(DELIVERED_AT.getTime() + LAPSE_AFTER_MS + 1))).toEqual(lapsed);
  });

  it('never reopens what the sender closed', () => {
    expect(takeBackEarlyMarks(legIn('CLOSED'), DELIVERED_AT)).toEqual(legIn('CLOSED'));
  });
});
