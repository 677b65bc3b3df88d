import type { LiveEventRecord } from './live-event.js';

/** So many events are remembered for followers that are a moment behind each other. */
const MOST_REMEMBERED = 1_000;

/** The newest live events of this access point without a gap, for all who follow them: none of them has to ask the database. */
export class LiveTail {
  private events: LiveEventRecord[] = [];
  private last: number;

  /**
   * @param position of an event; those behind it are to be heard
   * @param events that follow it, heard already
   */
  constructor(position: number, events: readonly LiveEventRecord[] = []) {
    this.last = position;
    this.hear(events);
  }

  /** Position of the last event that was heard. */
  get end(): number {
    return this.last;
  }

  /**
   * Takes events in their order; those that were heard before count once.
   *
   * @returns false when there is a gap before them: nothing of them is taken then
   */
  hear(events: readonly LiveEventRecord[]): boolean {
    const fresh = events.filter(({ position }) => position > this.last);
    if (fresh[0] && fresh[0].position !== this.last + 1) return false;
    this.events.push(...fresh);
    this.last = fresh.at(-1)?.position ?? this.last;
    if (this.events.length > 2 * MOST_REMEMBERED) this.events = this.events.slice(-MOST_REMEMBERED);
    return true;
  }

  /** What was heard behind a position; undefined when that is no longer remembered. */
  after(position: number): readonly LiveEventRecord[] | undefined {
    const first = this.events[0]?.position ?? this.last + 1;
    return position + 1 < first ? undefined : this.events.slice(position + 1 - first);
  }
}
