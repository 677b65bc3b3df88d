import { DateTime } from 'luxon';
import type { DeskNudges } from '#libs/contracts';

/** When something began to wait, and for what kind of leg. */
export interface Waiting {
  readonly urgent: boolean;
  readonly at: Date;
}

/**
 * When a contact is to hear of what waits: at once when it is urgent; else once the digest is due, and not in the quiet hours of the desk.
 *
 * @param timeZone IANA name of the desk's zone; quiet hours are wall time there, also across a change to summer time
 */
export function dueTime(
  { digestMinutes, quietHours }: Pick<DeskNudges, 'digestMinutes' | 'quietHours'>,
  timeZone: string,
  { urgent, at }: Waiting,
): Date {
  if (urgent) return at;
  const collected = DateTime.fromJSDate(at, { zone: timeZone }).plus({ minutes: digestMinutes });
  return (quietHours ? afterQuietHours(collected, quietHours) : collected).toJSDate();
}

function afterQuietHours(local: DateTime, { from, to }: NonNullable<DeskNudges['quietHours']>): DateTime {
  const now = local.toFormat('HH:mm');
  const overMidnight = from > to;
  const isQuiet = overMidnight ? now >= from || now < to : now >= from && now < to;
  if (!isQuiet) return local;
  const day = overMidnight && now >= from ? local.plus({ days: 1 }) : local;
  return day.set({ hour: Number(to.slice(0, 2)), minute: Number(to.slice(3)), second: 0, millisecond: 0 });
}
