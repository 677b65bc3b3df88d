import { DateTime } from 'luxon';
import type { DeskNudges } from '#libs/contracts';

type Shift = NonNullable<DeskNudges['roster']>[number];

/**
 * Names of the contacts that are on duty at an instant.
 *
 * @param timeZone IANA name of the desk's zone: shifts are wall time there, and one that goes over midnight belongs to the day on which it begins
 */
export function onDuty(roster: readonly Shift[], rung: Shift['rung'], timeZone: string, at: Date): ReadonlySet<string> {
  const local = DateTime.fromJSDate(at, { zone: timeZone });
  return new Set(roster.filter((shift) => shift.rung === rung && covers(shift, local)).map(({ contact }) => contact));
}

function covers({ days, from, to }: Shift, local: DateTime): boolean {
  const now = local.toFormat('HH:mm');
  const isDay = (day: DateTime) => days?.includes(day.weekday) ?? true;
  const yesterday = local.minus({ days: 1 });
  if (from < to) return isDay(local) && now >= from && now < to;
  return (isDay(local) && now >= from) || (isDay(yesterday) && now < to);
}
