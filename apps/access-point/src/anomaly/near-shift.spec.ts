import { isNearShift } from './near-shift.js';

const ZONE = 'Europe/Belgrade';
const shift = (from: string, to: string, days?: number[]) => ({
  rung: 'DUTY' as const,
  contact: 'duty',
  from,
  to,
  ...(days === undefined ? {} : { days }),
});
/** Monday 23 November 2026, wall time in Belgrade, which is an hour ahead of UTC. */
const at = (wall: string, day = 23) => new Date(`2026-11-${day}T${wall}:00.000+01:00`);

describe('an instant and a roster', () => {
  const office = [shift('08:00', '16:00', [1, 2, 3, 4, 5])];

  it.each([
    ['05:59', false],
    ['06:00', true],
    ['12:00', true],
    ['17:59', true],
    ['18:00', false],
  ])('%s is near an office day with two hours to spare: %s', (wall, near) => {
    expect(isNearShift(office, ZONE, at(wall), 2)).toBe(near);
  });

  it('are far from each other on a day without a shift', () => {
    expect(isNearShift(office, ZONE, at('12:00', 22), 2)).toBe(false);
  });

  it.each([
    ['20:00', 23, true],
    ['07:59', 24, true],
    ['08:00', 24, false],
    ['19:59', 23, false],
  ])('%s of the %i. is near a night that began on Monday: %s', (wall, day, near) => {
    expect(isNearShift([shift('22:00', '06:00', [1])], ZONE, at(wall, day), 2)).toBe(near);
  });

  it('are never far where a shift lasts the whole day', () => {
    const always = [shift('00:00', '00:00')];
    for (let hour = 0; hour < 24; hour += 1) {
      expect(isNearShift(always, ZONE, at(`${String(hour).padStart(2, '0')}:30`), 0)).toBe(true);
    }
  });

  it('are far where there is no shift at all', () => {
    expect(isNearShift([], ZONE, at('12:00'), 2)).toBe(false);
  });
});
