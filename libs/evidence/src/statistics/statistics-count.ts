import type { LegState, Measure, PairClass, Priority, RequestLegStatus, StatisticsTable } from '#libs/contracts';
import { type Tally, tableOf } from './statistics-table.js';

/** A period in milliseconds since 1970, without its end. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What an event of the service `requests` says to statistics: how a leg stands now, or when the rules refused a request; undefined for nothing. */
export type CountedEvent = { readonly leg: LegState } | { readonly requestRefusedAt: string } | undefined;

/** What is kept of a leg. All times in milliseconds since 1970. */
interface CountedLeg {
  readonly priority: Priority;
  readonly pair: PairClass;
  readonly submittedAt: number;
  deliveredAt: number | undefined;
  end: { readonly at: number; readonly status: RequestLegStatus } | undefined;
  /** Of the first run of the clock, and of the one after a reconsideration. */
  readonly overruns: [Overrun | undefined, Overrun | undefined];
}

interface Overrun {
  readonly at: number;
  readonly isExcused: boolean;
}

/** By which measure an end is counted. */
const ENDS: Readonly<Partial<Record<RequestLegStatus, Measure>>> = {
  ANSWERED: 'ANSWERED',
  PARTIALLY_REFUSED: 'PARTIALLY_REFUSED',
  REFUSED: 'REFUSED',
  DECLINED_UNSPECIFIED: 'DECLINED_UNSPECIFIED',
  WITHDRAWN: 'WITHDRAWN',
};

/**
 * Counts the events of a period by the rules of docs/evidence.md, in the order of the log. What the broker took after the period changes nothing: whoever counts later
 * counts the same.
 *
 * @example for (const { acceptedAt, event } of events) count.add(acceptedAt, event); count.table()
 */
export class StatisticsCount {
  private readonly legs = new Map<string, CountedLeg>();
  private refusedByRules = 0;

  constructor(
    private readonly period: Period,
    /** Of a leg when it was submitted. */
    private readonly pairOf: (leg: LegState) => PairClass,
  ) {}

  /** @param acceptedAt when the broker appended it, as the log says */
  add(acceptedAt: string, event: CountedEvent): void {
    const at = Date.parse(acceptedAt);
    if (event === undefined || at >= this.period.to) return;
    if ('leg' in event) this.follow(event.leg, at);
    else if (this.isWithin(Date.parse(event.requestRefusedAt))) this.refusedByRules += 1;
  }

  table(): StatisticsTable {
    return tableOf(
      [...this.legs.values()].map((leg) => this.tallyOf(leg)),
      this.refusedByRules,
    );
  }

  private follow(leg: LegState, at: number): void {
    const known = this.legs.get(leg.legId) ?? this.begin(leg);
    known.deliveredAt ??= momentOf(leg.deliveredAt);
    // Closing or withdrawing what had ended is no other end; only a reconsideration takes an end back.
    const endedAt = momentOf(leg.endedAt);
    if (endedAt === undefined) known.end = undefined;
    else known.end ??= { at: endedAt, status: leg.status };
    // A mark may be taken back within its run, when a record comes late; a new run takes nothing back.
    const run = leg.reconsidered ? 1 : 0;
    const noticedAt = known.overruns[run]?.at ?? at;
    known.overruns[run] = leg.overdue ? { at: noticedAt, isExcused: leg.excused } : undefined;
  }

  private begin(leg: LegState): CountedLeg {
    const counted: CountedLeg = {
      priority: leg.priority,
      pair: this.pairOf(leg),
      submittedAt: Date.parse(leg.submittedAt),
      deliveredAt: undefined,
      end: undefined,
      overruns: [undefined, undefined],
    };
    this.legs.set(leg.legId, counted);
    return counted;
  }

  private tallyOf({ priority, pair, submittedAt, deliveredAt, end, overruns }: CountedLeg): Tally {
    const times: [Measure | undefined, number | undefined][] = [
      ['SUBMITTED', submittedAt],
      ['RECEIVED', deliveredAt],
      [end && ENDS[end.status], end?.at],
      ...overruns.map((overrun): [Measure, number | undefined] => [
        overrun?.isExcused ? 'EXCUSED' : 'OVERDUE',
        overrun?.at,
      ]),
    ];
    const measures = times.flatMap(([name, at]) => (name !== undefined && this.isWithin(at) ? [name] : []));
    const answerMs =
      measures.includes('ANSWERED') && end && deliveredAt !== undefined ? end.at - deliveredAt : undefined;
    return { priority, pair, measures, answerMs };
  }

  private isWithin(at: number | undefined): boolean {
    return at !== undefined && at >= this.period.from && at < this.period.to;
  }
}

const momentOf = (instant: string | undefined): number | undefined =>
  instant === undefined ? undefined : Date.parse(instant);
