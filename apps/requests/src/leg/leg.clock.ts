import { DateTime, Duration } from 'luxon';
import type { Leg } from './leg.entity.js';

// The legal clock of a leg, pure. The rules:
// - It starts at the signed delivery: the statement's own time, but not before the hub had the request and not after it had the statement.
// - Everything else takes effect at the broker's append time of its record, so nobody's wrong clock moves a deadline.
// - Hours and minutes are absolute. Days are calendar days in the time zone of the addressee's desk: P3D from 16:00 ends at 16:00 there,
//   across a change to summer time too; a wall time that does not exist is moved on by the gap, of one that exists twice the first counts.
// - A pause is added to the due time as absolute milliseconds; a pause that begins after the due time moves nothing.
// - An instant has passed once the time is later than it: what is appended at the due time itself is in time.
// - A reconsideration starts a fresh run: the allowance of the profile fixed at delivery, from the moment the hub has the question; pauses, warnings and marks
//   begin anew, those of the first run stay in its signed events.

const DAY_MS = 86_400_000;

/** An ended leg that nobody closes is closed after this many days of 24 hours. */
export const LAPSE_AFTER_MS = 30 * DAY_MS;

const WARNED_PERCENT = [50, 80, 100] as const;

/** Shares of the allowed time at which both sides are warned. */
export type WarnedPercent = (typeof WARNED_PERCENT)[number];

/** What can happen to a leg by the passing of time alone. */
export const INSTANT_KINDS = ['WARN_50', 'WARN_80', 'WARN_100', 'OVERRUN', 'LAPSE'] as const;
export type InstantKind = (typeof INSTANT_KINDS)[number];

export interface Instant {
  readonly kind: InstantKind;
  readonly at: Date;
}

/** A deadline profile as a clock needs it; `allowed` is an ISO 8601 duration, or null where there is no deadline. */
export interface Allowance {
  readonly id: string;
  readonly allowed: string | null;
}

const later = (one: Date, other: Date): Date => (one > other ? one : other);
const plus = (at: Date, ms: number): Date => new Date(at.getTime() + ms);
const lapseInstant = (endedAt: Date): Date => plus(endedAt, LAPSE_AFTER_MS);

/** When an allowance that starts at an instant is used up, without any pause. */
export function addAllowance(start: Date, allowed: string, timeZone: string): Date {
  return DateTime.fromJSDate(start, { zone: timeZone }).plus(Duration.fromISO(allowed)).toJSDate();
}

/** The moment at which a delivery took effect, from what the addressee states and what the hub saw. */
export function deliveryInstant(stated: Date, submittedAt: Date, statementAppendedAt: Date): Date {
  return later(submittedAt, stated < statementAppendedAt ? stated : statementAppendedAt);
}

/** Starts a run of the clock: the first at the delivery, a second one when a reconsideration is asked for. */
export function startClock(leg: Leg, at: Date, profile: Allowance): Leg {
  const run = { profile: profile.id, allowed: profile.allowed, startedAt: at, pausedSince: null, pausedMs: 0 };
  const unmarked = { stoppedAt: null, warned: 0, overdue: false, excused: false };
  return profile.allowed === null
    ? { ...leg, ...run, ...unmarked, clockState: 'NONE', dueAt: null }
    : { ...leg, ...run, ...unmarked, clockState: 'RUNNING', dueAt: addAllowance(at, profile.allowed, leg.timeZone) };
}

export function pauseClock(leg: Leg, at: Date): Leg {
  return leg.clockState === 'RUNNING' ? { ...leg, clockState: 'PAUSED', pausedSince: at } : leg;
}

export function resumeClock(leg: Leg, at: Date): Leg {
  if (leg.clockState !== 'PAUSED' || leg.pausedSince === null || leg.dueAt === null) return leg;
  const paused = at.getTime() - leg.pausedSince.getTime();
  // Time that was up before the pause stays up.
  const dueAt = leg.overdue ? leg.dueAt : plus(leg.dueAt, paused);
  return { ...leg, clockState: 'RUNNING', pausedSince: null, pausedMs: leg.pausedMs + paused, dueAt };
}

/** Stops a clock that runs or pauses; one that never started stays so. */
export function stopClock(leg: Leg, at: Date): Leg {
  const running = resumeClock(leg, at);
  return running.clockState === 'RUNNING' ? { ...running, clockState: 'STOPPED', stoppedAt: at } : running;
}

/** What time alone will still do to a leg, in order. A paused leg waits for nothing. */
export function pendingInstants(leg: Leg): Instant[] {
  if (leg.endedAt !== null) {
    const over = leg.status === 'CLOSED' || leg.status === 'WITHDRAWN';
    return over ? [] : [{ kind: 'LAPSE', at: lapseInstant(leg.endedAt) }];
  }
  if (leg.clockState !== 'RUNNING' || leg.startedAt === null || leg.dueAt === null) return [];
  const started = leg.startedAt.getTime();
  const allowedMs = leg.dueAt.getTime() - leg.pausedMs - started;
  const warnings = WARNED_PERCENT.filter((percent) => percent > leg.warned).map(
    (percent): Instant => ({
      kind: `WARN_${percent}`,
      at: new Date(started + leg.pausedMs + Math.floor((allowedMs * percent) / 100)),
    }),
  );
  return leg.overdue ? warnings : [...warnings, { kind: 'OVERRUN', at: leg.dueAt }];
}

/** The leg right after an instant has passed. */
function passInstant(leg: Leg, instant: Instant): Leg {
  switch (instant.kind) {
    case 'WARN_50':
      return { ...leg, warned: 50 };
    case 'WARN_80':
      return { ...leg, warned: 80 };
    case 'WARN_100':
      return { ...leg, warned: 100 };
    case 'OVERRUN':
      return { ...leg, version: leg.version + 1, overdue: true, excused: leg.status === 'AWAITING_AUTHORISATION' };
    case 'LAPSE':
      return { ...leg, version: leg.version + 1, status: 'CLOSED', resumeStatus: leg.status, outcome: 'NOT_STATED' };
  }
}

/** An instant that has passed, with the leg as it was right after it. */
export interface PassedInstant extends Instant {
  readonly leg: Leg;
}

/**
 * Lets time pass until `now`: every pending instant before it takes effect, in order. The scheduler and each move call the same function, so the result depends
 * on the append times alone, not on when a timer was looked at.
 */
export function letTimePass(leg: Leg, now: Date): { leg: Leg; passed: PassedInstant[] } {
  const passed: PassedInstant[] = [];
  let current = leg;
  for (let next = pendingInstants(current)[0]; next && next.at < now; next = pendingInstants(current)[0]) {
    current = passInstant(current, next);
    passed.push({ ...next, leg: current });
  }
  return { leg: current, passed };
}

/**
 * Takes back what time had done to the leg although a record with an earlier append time was still on its way (the hub had been down, or its clock was ahead of
 * the broker's): the append times decide. Warnings that went out stay out.
 *
 * @param at the append time of the record that comes late
 */
export function takeBackEarlyMarks(leg: Leg, at: Date): Leg {
  if (leg.outcome === 'NOT_STATED' && leg.resumeStatus && leg.endedAt && at <= lapseInstant(leg.endedAt)) {
    return { ...leg, status: leg.resumeStatus, resumeStatus: null, outcome: null };
  }
  const early = leg.overdue && leg.clockState === 'RUNNING' && leg.dueAt !== null && at <= leg.dueAt;
  return early ? { ...leg, overdue: false, excused: false } : leg;
}
