import type { FeedEntry, FeedWithheld } from '#libs/contracts';
import type { WrittenEntry } from '../feed/feed-growth.js';
import type { LogProgress } from './log-progress.js';

/** What may be handed out of some entries, and why that is not all. */
export interface DisclosedPart {
  readonly entries: readonly FeedEntry[];
  readonly withheld?: FeedWithheld;
}

/** The entries up to the first whose record is not in the log: a feed leaves nothing out. */
export function disclosedPart(
  written: readonly WrittenEntry[],
  progress: Pick<LogProgress, 'outage' | 'holds'>,
): DisclosedPart {
  const { outage } = progress;
  if (outage !== undefined) {
    return { entries: [], withheld: { reason: outage.reason, since: outage.since.toISOString() } };
  }
  const first = written.find(({ place }) => !progress.holds(place));
  if (first === undefined) return { entries: written.map(({ entry }) => entry) };
  const entries = written.slice(0, written.indexOf(first)).map(({ entry }) => entry);
  return { entries, withheld: { reason: 'LOG_BEHIND', since: timeOf(first.eventId).toISOString() } };
}

/** When an event got its id, which is a UUIDv7: a moment before its record was appended. */
function timeOf(eventId: string): Date {
  return new Date(Number.parseInt(eventId.replaceAll('-', '').slice(0, 12), 16));
}
