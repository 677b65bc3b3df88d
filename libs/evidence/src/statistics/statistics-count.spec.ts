import type { LegState, Measure, PairClass } from '#libs/contracts';
import { StatisticsCount } from './statistics-count.js';

const at = (hour: number) => new Date(Date.UTC(2026, 6, 1) + hour * 3_600_000).toISOString();
/** The first day of July, in hours. */
const PERIOD = { from: Date.parse(at(0)), to: Date.parse(at(24)) };

let legs = 0;
/** A leg as an event has it; every time in hours of the period. */
function legOf(changed: Partial<LegState> = {}): LegState {
  const side = (id: string) => ({ participant: `urn:serai:participant:${id}`, desk: `urn:serai:desk:${id}:ncc` });
  legs += 1;
  return {
    legId: `leg ${legs}`,
    requestId: 'request',
    version: 1,
    status: 'SUBMITTED',
    kind: 'IDENTITY',
    priority: 'ROUTINE',
    requester: side('rs'),
    addressee: side('iq'),
    submittedAt: at(1),
    clock: { state: 'NOT_STARTED', pausedMs: 0 },
    overdue: false,
    excused: false,
    reconsidered: false,
    ...changed,
  };
}

type Step = readonly [hour: number, changed: Partial<LegState>];
const ANSWERED = { status: 'ANSWERED', deliveredAt: at(2), endedAt: at(5) } as const;

/** Counts so many legs that go through these steps. */
function counted(steps: readonly Step[], times = 5, pair: PairClass = 'BETWEEN_COUNTRIES') {
  const count = new StatisticsCount(PERIOD, () => pair);
  for (let time = 0; time < times; time += 1) {
    const leg = legOf();
    for (const [hour, changed] of steps) count.add(at(hour), { leg: { ...leg, ...changed } });
  }
  return count.table();
}
/** What is counted, as measure and number of all. */
function totalsOf(steps: readonly Step[], times = 5) {
  const { counts } = counted(steps, times);
  const totals = Object.entries(counts).map(([name, { TOTAL }]) => [name, TOTAL.TOTAL] as [Measure, number | null]);
  return Object.fromEntries(totals.filter(([, total]) => total !== 0));
}

describe(StatisticsCount.name, () => {
  it('counts each fact by its own time, into its priority and pair class', () => {
    const { counts, medianMinutes } = counted([
      [1, {}],
      [2, { status: 'DELIVERED', deliveredAt: at(2) }],
      [5, ANSWERED],
      [6, { ...ANSWERED, status: 'CLOSED', outcome: 'IDENTIFIED' }],
    ]);
    const none = {
      BETWEEN_COUNTRIES: 0,
      COUNTRY_TO_ORGANISATION: 0,
      ORGANISATION_TO_COUNTRY: 0,
      BETWEEN_ORGANISATIONS: 0,
      TOTAL: 0,
    };
    const five = { ...none, BETWEEN_COUNTRIES: 5, TOTAL: 5 };
    const rows = { URGENT_DIRECT: none, URGENT_INDIRECT: none, ROUTINE: five, NO_DEADLINE: none, TOTAL: five };
    expect(counts.SUBMITTED).toEqual(rows);
    expect([counts.RECEIVED, counts.ANSWERED]).toEqual([rows, rows]);
    expect(medianMinutes).toEqual({
      URGENT_DIRECT: null,
      URGENT_INDIRECT: null,
      ROUTINE: 180,
      NO_DEADLINE: null,
      TOTAL: 180,
    });
  });

  it.each(['PARTIALLY_REFUSED', 'REFUSED', 'DECLINED_UNSPECIFIED', 'WITHDRAWN'] as const)('counts %s', (status) => {
    expect(totalsOf([[4, { status, endedAt: at(4) }]])).toEqual({ SUBMITTED: 5, [status]: 5 });
  });

  it('counts what ended by what ended it, whatever was done with it afterwards', () => {
    const after = (status: LegState['status']): Step => [7, { ...ANSWERED, status }];
    for (const status of ['CLOSED', 'WITHDRAWN'] as const)
      expect(totalsOf([[5, ANSWERED], after(status)])).toEqual({ SUBMITTED: 5, RECEIVED: 5, ANSWERED: 5 });
  });

  it('counts a refusal that was thought over by what came of it', () => {
    const refused: Step = [4, { status: 'REFUSED', endedAt: at(4) }];
    const again: Step = [5, { status: 'ACKNOWLEDGED', reconsidered: true }];
    expect(totalsOf([refused, again])).toEqual({ SUBMITTED: 5 });
    const answered: Step = [8, { ...ANSWERED, reconsidered: true, endedAt: at(8) }];
    expect(totalsOf([refused, again, answered])).toEqual({ SUBMITTED: 5, RECEIVED: 5, ANSWERED: 5 });
  });

  it('keeps overruns and excused ones apart, by when they were noticed, and across a second run of the clock', () => {
    const overdue = { overdue: true };
    expect(
      totalsOf([
        [3, overdue],
        [23, overdue],
        [30, overdue],
      ]),
    ).toEqual({ SUBMITTED: 5, OVERDUE: 5 });
    expect(totalsOf([[3, { overdue: true, excused: true }]])).toEqual({ SUBMITTED: 5, EXCUSED: 5 });
    expect(
      totalsOf([
        [3, overdue],
        [4, {}],
      ]),
    ).toEqual({ SUBMITTED: 5 });
    expect(
      totalsOf([
        [3, overdue],
        [5, { reconsidered: true }],
        [6, { reconsidered: true }],
      ]),
    ).toEqual({ SUBMITTED: 5, OVERDUE: 5 });
  });

  it('counts nothing from before the period, and nothing that the broker took after it', () => {
    expect(totalsOf([[-1, { submittedAt: at(-1) }]])).toEqual({});
    expect(totalsOf([[24, { submittedAt: at(23) }]])).toEqual({});
    expect(
      totalsOf([
        [1, {}],
        [24, ANSWERED],
      ]),
    ).toEqual({ SUBMITTED: 5 });
    expect(
      totalsOf([
        [-1, { submittedAt: at(-1) }],
        [5, ANSWERED],
      ]),
    ).toEqual({ RECEIVED: 5, ANSWERED: 5 });
    expect(totalsOf([[1, { submittedAt: at(0) }]])).toEqual({ SUBMITTED: 5 });
  });

  it('counts requests that the rules refused', () => {
    const refusals = (times: number, hour = 3) => {
      const count = new StatisticsCount(PERIOD, () => 'BETWEEN_COUNTRIES');
      for (let time = 0; time < times; time += 1) count.add(at(hour), { requestRefusedAt: at(hour) });
      return count.table().refusedByRules;
    };
    expect([refusals(0), refusals(4), refusals(5), refusals(5, -1), refusals(5, 24)]).toEqual([0, null, 5, 0, 0]);
  });

  it('tells no number and no median of fewer than five', () => {
    const { counts, medianMinutes } = counted([[5, ANSWERED]], 4);
    expect(counts.ANSWERED.ROUTINE.TOTAL).toBeNull();
    expect(counts.ANSWERED.TOTAL.TOTAL).toBeNull();
    expect(Object.values(medianMinutes)).toEqual([null, null, null, null, null]);
  });

  it('takes the median between two answers in the middle, in whole minutes', () => {
    const count = new StatisticsCount(PERIOD, () => 'BETWEEN_COUNTRIES');
    for (const minutes of [1, 2, 3, 10, 20, 30]) {
      const endedAt = new Date(Date.parse(at(2)) + minutes * 60_000 + 30_000).toISOString();
      count.add(at(5), { leg: legOf({ ...ANSWERED, endedAt }) });
    }
    expect(count.table().medianMinutes.ROUTINE).toBe(7);
  });
});
