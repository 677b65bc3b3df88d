import { dueTime } from './due-time.js';

const BELGRADE = 'Europe/Belgrade';
const NIGHT = { from: '22:00', to: '06:00' };
const due = (at: string, settings: Partial<Parameters<typeof dueTime>[0]>, urgent = false, zone = BELGRADE) =>
  dueTime({ digestMinutes: 0, ...settings }, zone, { urgent, at: new Date(at) }).toISOString();

describe(dueTime.name, () => {
  it.each([
    ['at once without an interval', '2026-11-22T10:00:00.000Z', {}, '2026-11-22T10:00:00.000Z'],
    ['after the interval', '2026-11-22T10:00:00.000Z', { digestMinutes: 45 }, '2026-11-22T10:45:00.000Z'],
    [
      'after the night that the interval ends in',
      '2026-11-22T20:30:00.000Z',
      { digestMinutes: 45, quietHours: NIGHT },
      '2026-11-23T05:00:00.000Z',
    ],
    ['in the morning of the same day', '2026-11-22T01:00:00.000Z', { quietHours: NIGHT }, '2026-11-22T05:00:00.000Z'],
    [
      'at the first minute that is not quiet',
      '2026-11-22T05:00:00.000Z',
      { quietHours: NIGHT },
      '2026-11-22T05:00:00.000Z',
    ],
    [
      'after a quiet noon',
      '2026-11-22T11:10:00.000Z',
      { quietHours: { from: '12:00', to: '13:30' } },
      '2026-11-22T12:30:00.000Z',
    ],
    [
      'not delayed by a quiet noon that is over',
      '2026-11-22T12:30:00.000Z',
      { quietHours: { from: '12:00', to: '13:30' } },
      '2026-11-22T12:30:00.000Z',
    ],
    // 29 March 2026: 02:00 becomes 03:00 in Belgrade, and 06:00 is 04:00 UTC from then on.
    [
      'at wall time in the night of summer time',
      '2026-03-28T23:00:00.000Z',
      { quietHours: NIGHT },
      '2026-03-29T04:00:00.000Z',
    ],
    // 25 October 2026: the hour from 02:00 comes twice.
    [
      'at wall time in the night of winter time',
      '2026-10-24T22:00:00.000Z',
      { quietHours: NIGHT },
      '2026-10-25T05:00:00.000Z',
    ],
  ])('%s', (_what, at, settings, expected) => {
    expect(due(at, settings)).toBe(expected);
  });

  it('lets nothing that is urgent wait, neither for a digest nor for the morning', () => {
    const at = '2026-11-22T23:30:00.000Z';
    expect(due(at, { digestMinutes: 600, quietHours: NIGHT }, true)).toBe(at);
  });

  it('goes by the zone of the desk, not by that of the hub', () => {
    const at = '2026-11-22T19:30:00.000Z';
    expect(due(at, { quietHours: NIGHT }, false, BELGRADE)).toBe(at);
    expect(due(at, { quietHours: NIGHT }, false, 'Asia/Baghdad')).toBe('2026-11-23T03:00:00.000Z');
  });
});
