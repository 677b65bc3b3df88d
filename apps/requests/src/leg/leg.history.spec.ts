import fc from 'fast-check';
import { MESSAGE_CONTRACTS } from '#libs/contracts';
import { type Instant, letTimePass, pendingInstants } from './leg.clock.js';
import type { Leg } from './leg.entity.js';
import { IQ, legIn, message, PROFILE_ID, RS } from './leg.fixtures.js';
import { type Message, type Outcome, replay, type Terms, wallTime } from './leg.reference-model.js';
import { isRefusal, moveLeg } from './leg.state.js';

const SEED = 20_261_122;
const RUNS = 10_000;

const [SECOND, HOUR, DAY] = [1_000, 3_600_000, 86_400_000];
const ZONES = ['Europe/Belgrade', 'Europe/Istanbul', 'Asia/Baghdad', 'America/New_York'];
const ALLOWANCES = [
  { iso: 'PT8H', allowed: { days: 0, ms: 8 * HOUR } },
  { iso: 'P3D', allowed: { days: 3, ms: 0 } },
  { iso: 'P7D', allowed: { days: 7, ms: 0 } },
  { iso: 'P1DT6H', allowed: { days: 1, ms: 6 * HOUR } },
  { iso: null, allowed: undefined },
];
const ADDRESSEE_MOVES = [
  'read',
  'acknowledged',
  'clarification-asked',
  'authorisation-awaited',
  'partially-answered',
  'answered',
  'refused',
  'declined',
];
/** More of these, so that many legs live long enough to be late. */
const INTERRUPTIONS = ['clarification-asked', 'clarification-answered', 'authorisation-awaited', 'partially-answered'];
const REQUESTER_MOVES = ['clarification-answered', 'reconsideration-asked', 'closed', 'withdrawn'];

/** Instants from 2004 to 2030 at which a zone's clocks were or will be changed, to the hour. */
function clockChanges(zone: string): number[] {
  const offset = (at: number) => wallTime(at, zone) - at;
  const days = Array.from({ length: 27 * 366 }, (_, day) => Date.UTC(2004, 0, 1) + day * DAY);
  return days
    .filter((day) => offset(day) !== offset(day + DAY))
    .map(
      (day) => Array.from({ length: 24 }, (_, hour) => day + hour * HOUR).findLast((at) => offset(at) === offset(day))!,
    );
}
const CLOCK_CHANGES = new Map(ZONES.map((zone) => [zone, clockChanges(zone)]));

/** The next message comes after this many milliseconds, or right at (one before, one after) the next instant that the leg waits for. */
type Wait = { readonly ms: number } | { readonly besideInstant: -1 | 0 | 1 };

const wait: fc.Arbitrary<Wait> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ besideInstant: fc.constantFrom(-1 as const, 0 as const, 1 as const) }) },
  { weight: 1, arbitrary: fc.constant({ ms: 0 }) },
  { weight: 2, arbitrary: fc.record({ ms: fc.integer({ min: -2 * SECOND, max: 60 * SECOND }) }) },
  { weight: 6, arbitrary: fc.record({ ms: fc.integer({ min: 0, max: 12 * HOUR }) }) },
  { weight: 3, arbitrary: fc.record({ ms: fc.integer({ min: 0, max: 5 * DAY }) }) },
  { weight: 1, arbitrary: fc.record({ ms: fc.integer({ min: 0, max: 45 * DAY }) }) },
);

const step = fc.record({
  wait,
  move: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...ADDRESSEE_MOVES, ...REQUESTER_MOVES) },
    { weight: 1, arbitrary: fc.constantFrom(...INTERRUPTIONS) },
  ),
  skew: fc.integer({ min: -DAY, max: DAY }),
  someItems: fc.boolean(),
  /** When the scheduler looked in between, as shares of the wait. */
  ticks: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 2 }),
});

const history = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    terms: fc.constantFrom(...ALLOWANCES),
    nearChange: fc.boolean(),
    pick: fc.nat(),
    shift: fc.integer({ min: -8 * DAY, max: DAY }),
    delivery: step,
    steps: fc.array(step, { maxLength: 10 }),
    rest: fc.integer({ min: 0, max: 40 * DAY }),
  })
  .map(({ zone, terms, nearChange, pick, shift, ...rest }) => {
    const changes = CLOCK_CHANGES.get(zone)!;
    const base = nearChange ? changes[pick % changes.length]! : Date.UTC(2004, 0, 8) + (pick % (26 * 365)) * DAY;
    return { zone, ...terms, ...rest, submittedAt: base + shift };
  });
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

/** A leg with its timers as rows, as the service keeps them: looked at by chance, rewritten at each move. */
class Service {
  leg: Leg;
  timers: Instant[] = [];
  readonly passed: string[] = [];

  constructor(private readonly terms: History) {
    const submittedAt = new Date(terms.submittedAt);
    this.leg = legIn('SUBMITTED', { timeZone: terms.zone, submittedAt, movedAt: submittedAt });
  }

  receive({ move, appendedAt, stated, someItems }: Message): void {
    const domain = move === 'withdrawn' ? 'request' : 'leg';
    const contract = MESSAGE_CONTRACTS.get(`serai.requests.${domain}.${move}.v1`)!;
    const from = REQUESTER_MOVES.includes(move) ? RS : IQ;
    const extra = move === 'refused' && someItems ? { items: ['2'] } : {};
    const result = moveLeg(this.leg, message(contract, { from, time: new Date(stated), extra }), {
      appendedAt: new Date(appendedAt),
      profileAt: () => ({ id: PROFILE_ID, allowed: this.terms.iso }),
    });
    if (!isRefusal(result)) this.keep(result.leg, result.passed);
  }

  tick(now: number): void {
    if (!this.timers.some(({ at }) => at.getTime() < now)) return;
    const { leg, passed } = letTimePass(this.leg, new Date(now));
    this.keep(leg, passed);
  }

  private keep(leg: Leg, passed: readonly { kind: string }[]): void {
    this.leg = leg;
    this.timers = pendingInstants(leg);
    this.passed.push(...passed.map(({ kind }) => kind));
  }

  outcome(): Outcome {
    const { status, startedAt, dueAt, pausedMs, overdue, excused } = this.leg;
    const times = { startedAt: startedAt?.getTime(), dueAt: dueAt?.getTime() };
    return { status, ...times, pausedMs, overdue, excused, passed: this.passed };
  }
}

/** Plays a history against the service's code; `lag` lets the scheduler look that many milliseconds ahead of records that it has not seen yet. */
function play(terms: History, lag: number): { service: Service; messages: Message[]; until: number } {
  const service = new Service(terms);
  const messages: Message[] = [];
  let now = terms.submittedAt;
  for (const [index, { wait: next, move, skew, someItems, ticks }] of [terms.delivery, ...terms.steps].entries()) {
    const instant = service.timers[0]?.at.getTime();
    const appendedAt =
      'ms' in next ? now + next.ms : Math.max(now, instant === undefined ? now + HOUR : instant + next.besideInstant);
    for (const share of [...ticks].sort((a, b) => a - b)) {
      service.tick(Math.floor(now + share * (appendedAt - now)) + lag);
    }
    const sent = { move: index === 0 ? 'delivered' : move, appendedAt, stated: appendedAt + skew, someItems };
    service.receive(sent);
    messages.push(sent);
    now = Math.max(now, appendedAt);
  }
  const until = now + lag + terms.rest;
  service.tick(until);
  return { service, messages, until };
}

const termsOf = ({ submittedAt, allowed, zone }: History): Terms => ({ submittedAt, allowed, zone });

describe('the legal clock against the reference model', () => {
  it(`agrees in ${RUNS} random histories`, () => {
    fc.assert(
      fc.property(history, (terms) => {
        const { service, messages, until } = play(terms, 0);
        expect(service.outcome()).toEqual(replay(messages, termsOf(terms), until));
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('agrees on the state, and warns no more than once in a run, when timers fire before records that came first', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 2 * HOUR }), (terms, lag) => {
        const { service, messages, until } = play(terms, lag);
        const { passed, ...state } = service.outcome();
        const { passed: wanted, ...expected } = replay(messages, termsOf(terms), until);
        expect(state).toEqual(expected);
        const count = (kinds: readonly string[], kind: string) => kinds.filter((each) => each === kind).length;
        const runs = service.leg.reconsidered ? 2 : 1;
        for (const kind of ['WARN_50', 'WARN_80', 'WARN_100']) {
          expect(count(passed, kind)).toBeLessThanOrEqual(runs);
          expect(count(passed, kind)).toBeGreaterThanOrEqual(count(wanted, kind));
        }
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it('plays histories that matter', () => {
    const seen = { overdue: 0, excused: 0, paused: 0, lapsed: 0, acrossChange: 0 };
    for (const terms of fc.sample(history, { seed: SEED, numRuns: 1_000 })) {
      const { service } = play(terms, 0);
      const { overdue, excused, pausedMs, passed, startedAt, dueAt } = service.outcome();
      seen.overdue += Number(overdue);
      seen.excused += Number(excused);
      seen.paused += Number(pausedMs > 0);
      seen.lapsed += Number(passed.includes('LAPSE'));
      const changes = CLOCK_CHANGES.get(terms.zone)!;
      seen.acrossChange += Number(changes.some((change) => startedAt! <= change && change <= (dueAt ?? 0)));
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });
});
