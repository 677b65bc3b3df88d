import type { AuditCriteria } from '#libs/contracts';
import type { Plan } from '../plan.js';
import { type Distribution, distributionOf } from '../statistics/distribution.js';
import type { Target } from '../target.js';
import { MeasuredRecords, RECORDS_PER_LEG } from './measured-records.js';

/** How long pages of searches take, in milliseconds, beside a look-up by primary key. */
export interface AuditResult {
  readonly records: number;
  readonly lookUp: Distribution;
  readonly searches: readonly {
    readonly name: string;
    /** Of a page of 50 and one more. */
    readonly found: number;
    readonly times: Distribution;
    /** Of the medians. */
    readonly toLookUp: number;
  }[];
}

interface MeasureAuditOptions {
  readonly target: Target;
  readonly plan: Plan['audit'];
  readonly say: (line: string) => void;
}

const LONG_AGO = '2020-03-01T00:00:00.000Z';

/** Each criterion, and what is hardest: criteria that are frequent each and never meet. */
const searchesOf = (records: MeasuredRecords): Readonly<Record<string, AuditCriteria>> => ({
  'the newest': {},
  'of a leg': { reference: records.legId(7) },
  'with a frequent counterpart': { counterpart: 'urn:serai:participant:p1' },
  'with nobody': { counterpart: 'urn:serai:participant:nobody' },
  'of a desk': { desk: 'urn:serai:desk:rs:d12' },
  'of an officer who acts seldom': { officer: 'o-0000000000000400' },
  'of an officer who acts often, with nobody': {
    officer: 'o-0000000000000001',
    counterpart: 'urn:serai:participant:nobody',
  },
  'for a purpose': { purpose: 'PREVENTION' },
  'of a time long ago': { from: LONG_AGO, until: '2020-03-02T00:00:00.000Z' },
  'of denials long ago': { action: 'DENIED', until: LONG_AGO },
  'of refusals on a ground': { ground: 'NO_LEGAL_BASIS' },
  'of overdue legs': { deadline: 'OVERDUE' },
  'of excused legs of an outcome and a status': { deadline: 'EXCUSED', outcome: 'TOO_LATE', status: 'WITHDRAWN' },
  'of an outcome that there is not': { outcome: 'CASE_OPENED' },
  'of closed legs, sent by looking': { status: 'CLOSED', action: 'SENT', type: 'readContent' },
  'that exclude each other': { desk: 'urn:serai:desk:rs:d1', type: 'readContent', action: 'SENT' },
});

export async function measureAudit({ target, plan, say }: MeasureAuditOptions): Promise<AuditResult> {
  const records = await MeasuredRecords.create(target.postgresUrl);
  try {
    say(`Storing ${plan.records} records ...`);
    await records.fill(Math.ceil(plan.records / RECORDS_PER_LEG));
    const lookUp = await timesOf(plan.times * 10, (nth) => records.lookUp(nth + 1));
    const searches: AuditResult['searches'][number][] = [];
    for (const [name, criteria] of Object.entries(searchesOf(records))) {
      say(`Searching ${name} ...`);
      const found = await records.search(criteria);
      const times = await timesOf(plan.times, () => records.search(criteria));
      searches.push({ name, found, times, toLookUp: times.p50 / lookUp.p50 });
    }
    return { records: records.records, lookUp, searches };
  } finally {
    await records.drop();
  }
}

async function timesOf(count: number, once: (nth: number) => Promise<unknown>): Promise<Distribution> {
  const times: number[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const begun = performance.now();
    await once(nth);
    times.push(performance.now() - begun);
  }
  return distributionOf(times)!;
}

/** The result for people, as lines. */
export function describeAudit({ records, lookUp, searches }: AuditResult): string {
  const ms = (value: number): string => value.toFixed(1).padStart(8);
  return [
    `Searches over ${records} records, ms until a page of 50 (must be at most 1000); a look-up by primary key takes ${lookUp.p50.toFixed(2)}`,
    `  ${''.padEnd(46)}     p50     p99   to a look-up`,
    ...searches.map(
      ({ name, times, toLookUp }) =>
        `  ${name.padEnd(46)}${ms(times.p50)}${ms(times.p99)}${toLookUp.toFixed(0).padStart(10)}`,
    ),
  ].join('\n');
}
