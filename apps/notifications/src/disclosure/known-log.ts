import type { HeaderOf, logProgressStated } from '#libs/contracts';
import type { RecordPlace } from './record-place.js';

export type LogStatement = HeaderOf<typeof logProgressStated>;

/** How long the log may leave something out before nothing is handed out any more, in milliseconds. */
export interface DisclosureSettings {
  /** Saying anything at all. */
  readonly logAwayMs: number;
  /** A checkpoint that covers what is in it, and that enough witnesses have seen. */
  readonly quorumLostMs: number;
}

/** An instant on both clocks: durations are of the monotonic one, which nobody sets. */
export interface Moment {
  readonly monotonicMs: number;
  readonly date: Date;
}

/** Why nothing at all is handed out, and since when. */
export interface LogOutage {
  readonly reason: 'LOG_AWAY' | 'QUORUM_LOST';
  readonly since: Date;
}

/** What the log has said of itself so far. Positions only ever move forward: what was in the log once may have been shown. */
export class KnownLog {
  private readonly next = new Map<string, bigint>();
  /** The log that speaks, and how large it and its newest witnessed head were. */
  private log: { readonly origin: string; readonly size: number; readonly witnessed: number } | undefined;
  private isWhole = false;
  private heardAt: Moment;
  /** A size that the witnesses have not reached since then. */
  private unwitnessed: { readonly size: number; readonly since: Moment } | undefined;

  constructor(
    private readonly settings: DisclosureSettings,
    started: Moment,
  ) {
    this.heardAt = started;
  }

  /**
   * Takes a statement that was verified; false for one of fewer leaves than were stated before, which changes nothing and is no sign of life: it is an old one, or
   * the log itself went back.
   */
  take(statement: LogStatement, at: Moment): boolean {
    const { origin, size } = statement;
    const before = this.log?.origin === origin ? this.log : undefined;
    if (before !== undefined && size < before.size) return false;
    const witnessed = Math.max(before?.witnessed ?? 0, statement.witnessed?.size ?? 0);
    this.unwitnessed = this.oldestUnwitnessed(statement, witnessed, before === undefined, at);
    this.log = { origin, size, witnessed };
    for (const { topic, partition, next } of statement.positions) {
      const place = placeOf(topic, partition);
      if (BigInt(next) > (this.next.get(place) ?? 0n)) this.next.set(place, BigInt(next));
    }
    this.isWhole ||= statement.complete;
    this.heardAt = at;
    return true;
  }

  /** Whether a record is in the log, as far as was said. */
  holds({ topic, partition, offset }: RecordPlace): boolean {
    return offset < (this.next.get(placeOf(topic, partition)) ?? 0n);
  }

  /** Undefined while what is in the log may be handed out. */
  outageAt(monotonicMs: number): LogOutage | undefined {
    const { heardAt, unwitnessed } = this;
    const { logAwayMs, quorumLostMs } = this.settings;
    if (!this.isWhole || monotonicMs - heardAt.monotonicMs > logAwayMs) {
      return { reason: 'LOG_AWAY', since: heardAt.date };
    }
    if (unwitnessed !== undefined && monotonicMs - unwitnessed.since.monotonicMs > quorumLostMs) {
      return { reason: 'QUORUM_LOST', since: unwitnessed.since.date };
    }
    return undefined;
  }

  /** The record with which each partition goes on that is not in the log yet. */
  positions(): RecordPlace[] {
    return [...this.next].map(([place, offset]) => {
      const [topic = '', partition] = place.split(' ');
      return { topic, partition: Number(partition), offset };
    });
  }

  private oldestUnwitnessed(
    { size, statedAt, witnessed: head }: LogStatement,
    witnessed: number,
    isFirst: boolean,
    at: Moment,
  ): KnownLog['unwitnessed'] {
    if (size <= witnessed) return undefined;
    if (this.unwitnessed !== undefined && !isFirst && witnessed < this.unwitnessed.size) return this.unwitnessed;
    // Whoever has just come does not know since when; it may be since that head was witnessed.
    const unknownMs = isFirst && head ? Math.max(0, Date.parse(statedAt) - Date.parse(head.at)) : 0;
    return { size, since: earlier(at, unknownMs) };
  }
}

function earlier({ monotonicMs, date }: Moment, ms: number): Moment {
  return { monotonicMs: monotonicMs - ms, date: new Date(date.getTime() - ms) };
}

function placeOf(topic: string, partition: number): string {
  return `${topic} ${partition}`;
}
