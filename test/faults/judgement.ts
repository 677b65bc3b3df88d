import type { CallsSeen } from './load/officer-calls.js';
import type { Strike } from './protocol.js';

/** What of the officers' calls should not have been. */
export interface Judgement {
  /** Calls that failed or were slow although nothing was done that an officer may notice. */
  readonly noticed: number;
  /** Errors that were not clear, by what they were. */
  readonly unclear: Readonly<Record<string, number>>;
}

/** Behind the access points: whoever works at one of those should not see them go. */
const HUB = ['gateway', 'directory', 'requests', 'notifications', 'audit'];

/**
 * Judges what officers saw from a strike to the next. In peace, and while a process of the hub is restarted in good order, they notice nothing. Whatever
 * else is done, an access point that was not struck itself answers: that it keeps what it was given, or with a clear 503 and when to come again.
 *
 * @param strike undefined before the first one
 */
export function judge(strike: Strike | undefined, { failed, slow, unclear, silent }: CallsSeen): Judgement {
  const isPeace = strike === undefined || (strike.kind === 'restart' && HUB.includes(strike.name));
  const unanswered = Object.entries(silent).flatMap(([side, count]) => {
    const accessPoint = `access-point-${side}`;
    return strike?.name === accessPoint ? [] : [[`no answer of ${accessPoint} in ${nameOf(strike)}`, count]];
  });
  return { noticed: isPeace ? failed + slow : 0, unclear: { ...unclear, ...Object.fromEntries(unanswered) } };
}

/** `kill Kafka` */
export const nameOf = (strike: Strike | undefined): string => (strike ? `${strike.kind} ${strike.name}` : 'peace');
