import { DateTime } from 'luxon';
import type { DeskNudges } from '#libs/contracts';

type Shift = NonNullable<DeskNudges['roster']>[number];

/**
 * Whether an instant lies in a shift of a roster, or not farther from one than so many hours.
 *
 * @param timeZone IANA name of the desk's zone: shifts are wall time there, and one that goes over midnight belongs to the day on which it begins
 */
export function isNearShift(roster: readonly Shift[], timeZone: string, at: Date, toleranceHours: number): boolean {
  const instant = DateTime.fromJSDate(at, { zone: timeZone });
  return [-2, -1, 0, 1].some((offset) => {
    const day = instant.startOf('day').plus({ days: offset });
    return roster.some((shift) => {
      if (shift.days?.includes(day.weekday) === false) return false;
      const begin = timeOn(day, shift.from).minus({ hours: toleranceHours });
      const end = timeOn(shift.from < shift.to ? day : day.plus({ days: 1 }), shift.to).plus({ hours: toleranceHours });
      return begin <= instant && instant < end;
    });
  });
}

function timeOn(day: DateTime, time: string): DateTime {
  const [hour, minute] = time.split(':').map(Number);
  return day.set({ hour, minute });
}
