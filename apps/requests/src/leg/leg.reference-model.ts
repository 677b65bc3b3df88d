// A second, independent formulation of the legal clock, for the property test alone. Where the service keeps a due time and shifts it, this one keeps the whole history
// and recomputes: it cuts the life of the leg into segments that count and segments that do not, and looks for the moment at which the counted time exceeds the
// allowance. Calendar days are found with Intl by trying wall times, not with a date library.

const LAPSE_MS = 30 * 24 * 3_600_000;

export interface Message {
  /** Without prefix and version: `delivered`, `clarification-asked`. */
  readonly move: string;
  readonly appendedAt: number;
  readonly stated: number;
  /** A refusal of single items. */
  readonly someItems: boolean;
}

export interface Terms {
  readonly submittedAt: number;
  /** Calendar days and absolute milliseconds; undefined where there is no deadline. */
  readonly allowed: { readonly days: number; readonly ms: number } | undefined;
  readonly zone: string;
}

export interface Outcome {
  readonly status: string;
  readonly startedAt: number | undefined;
  readonly dueAt: number | undefined;
  readonly pausedMs: number;
  readonly overdue: boolean;
  readonly excused: boolean;
  /** What time alone has done, in order. */
  readonly passed: readonly string[];
}

/** One stretch of the leg's life in one status; `to` is Infinity for the last. */
interface Segment {
  readonly from: number;
  readonly to: number;
  readonly status: string;
}

const WORKING = new Set(['DELIVERED', 'ACKNOWLEDGED', 'PARTIALLY_ANSWERED']);
const INTERRUPTED = new Set(['CLARIFICATION_SOUGHT', 'AWAITING_AUTHORISATION']);
const ENDED = new Set(['ANSWERED', 'REFUSED', 'PARTIALLY_REFUSED', 'DECLINED_UNSPECIFIED']);
const COUNTED = new Set([...WORKING, 'AWAITING_AUTHORISATION']);

interface Life {
  segments: Segment[];
  /** Starts of the clock, and the index of the segment each begins with. */
  runs: { start: number; segment: number }[];
}

/** Which status a message leads to, or undefined when it is refused. `before` are the statuses of the leg so far, without those that time brought. */
function follow(status: string, before: readonly string[], { move, someItems }: Message): string | undefined {
  const busy = WORKING.has(status) || INTERRUPTED.has(status);
  const somethingAnswered = before.some((past) => past === 'PARTIALLY_ANSWERED' || past === 'ANSWERED');
  switch (move) {
    case 'delivered':
      return status === 'SUBMITTED' ? 'DELIVERED' : undefined;
    case 'read':
      return busy || ENDED.has(status) ? status : undefined;
    case 'acknowledged':
      return status === 'DELIVERED' ? 'ACKNOWLEDGED' : undefined;
    case 'clarification-asked':
      return WORKING.has(status) ? 'CLARIFICATION_SOUGHT' : undefined;
    case 'clarification-answered':
      return status === 'CLARIFICATION_SOUGHT' ? before.findLast((past) => WORKING.has(past)) : undefined;
    case 'authorisation-awaited':
      return WORKING.has(status) ? 'AWAITING_AUTHORISATION' : undefined;
    case 'partially-answered':
      return busy ? 'PARTIALLY_ANSWERED' : undefined;
    case 'answered':
      return busy ? 'ANSWERED' : undefined;
    case 'declined':
      return busy ? 'DECLINED_UNSPECIFIED' : undefined;
    case 'refused':
      if (!busy || (someItems && !somethingAnswered)) return undefined;
      return somethingAnswered ? 'PARTIALLY_REFUSED' : 'REFUSED';
    case 'reconsideration-asked':
      return status.endsWith('REFUSED') && before.filter((past) => past.endsWith('REFUSED')).length === 1
        ? 'ACKNOWLEDGED'
        : undefined;
    case 'closed':
      return ENDED.has(status) ? 'CLOSED' : undefined;
    case 'withdrawn':
      return busy || ENDED.has(status) || status === 'SUBMITTED' ? 'WITHDRAWN' : undefined;
    default:
      return undefined;
  }
}

/** Cuts the life of the leg into segments, and finds where its clock was started. */
function liveThrough(messages: readonly Message[], { submittedAt }: Terms): Life {
  const turns: { from: number; status: string }[] = [{ from: submittedAt, status: 'SUBMITTED' }];
  const runs: Life['runs'] = [];
  let now = submittedAt;
  for (const message of messages) {
    const status = turns.at(-1)!.status;
    const at = Math.max(now, message.appendedAt);
    const lapsed = ENDED.has(status) && at > turns.at(-1)!.from + LAPSE_MS;
    const before = turns.map((turn) => turn.status);
    const next = lapsed ? undefined : follow(status, before, message);
    if (next === undefined) continue;
    now = at;
    if (message.move === 'delivered') {
      runs.push({ start: Math.max(submittedAt, Math.min(message.stated, at)), segment: turns.length });
    }
    if (message.move === 'reconsideration-asked') runs.push({ start: at, segment: turns.length });
    if (message.move !== 'read') turns.push({ from: at, status: next });
  }
  const segments = turns.map((turn, index) => ({ ...turn, to: turns[index + 1]?.from ?? Infinity }));
  return { segments, runs };
}

/** First moment after which more than `share` of counted time has passed, or undefined when the segments do not hold so much. */
function momentAfter(share: number, counted: readonly Segment[]): number | undefined {
  let used = 0;
  for (const { from, to } of counted) {
    if (used + (to - from) > share) return from + (share - used);
    used += to - from;
  }
  return undefined;
}

/** The segments of a run that count: the first reaches back to the start of the clock. Also where the run ended, and how long it paused in between. */
function segmentsOf(life: Life, run: Life['runs'][number]) {
  const ofRun = life.segments.slice(run.segment);
  const length = ofRun.findIndex(({ status }) => !COUNTED.has(status) && !INTERRUPTED.has(status));
  const lived = length < 0 ? ofRun : ofRun.slice(0, length);
  const reached = lived.map((segment, index) => (index === 0 ? { ...segment, from: run.start } : segment));
  const pauses = reached.filter(({ status, to }) => !COUNTED.has(status) && to !== Infinity);
  return {
    counted: reached.filter(({ status }) => COUNTED.has(status)),
    stop: length < 0 ? undefined : ofRun[length]!.from,
    pausedMs: pauses.reduce((sum, { from, to }) => sum + (to - from), 0),
  };
}

function runOutcome(life: Life, run: Life['runs'][number], terms: Terms, until: number) {
  const { counted, stop, pausedMs } = segmentsOf(life, run);
  if (terms.allowed === undefined) return { dueAt: undefined, pausedMs: 0, overdue: false, excused: false, passed: [] };
  const budget = addAllowed(run.start, terms.allowed, terms.zone) - run.start;
  const due = momentAfter(budget, counted);
  // Where the counted time did not suffice: as if it went on where it stopped counting.
  const last = counted.at(-1)!;
  const goesOn =
    stop === undefined
      ? [...counted.slice(0, -1), { ...last, to: Infinity }]
      : [...counted, { ...last, from: stop, to: Infinity }];
  const shares = [50, 80, 100].map((percent) => ({
    kind: `WARN_${percent}`,
    share: Math.floor((budget * percent) / 100),
  }));
  const passed = [...shares, { kind: 'OVERRUN', share: budget }]
    .filter(({ share }) => (momentAfter(share, counted) ?? Infinity) < until)
    .map(({ kind }) => kind);
  const statusWhenDue = due === undefined ? undefined : life.segments.findLast(({ from }) => from <= due)?.status;
  const overdue = passed.includes('OVERRUN');
  return {
    dueAt: due ?? momentAfter(budget, goesOn),
    pausedMs,
    overdue,
    excused: overdue && statusWhenDue === 'AWAITING_AUTHORISATION',
    passed,
  };
}

/** What has become of a leg by `until`, from nothing but its messages. */
export function replay(messages: readonly Message[], terms: Terms, until: number): Outcome {
  const life = liveThrough(messages, terms);
  const runs = life.runs.map((run) => runOutcome(life, run, terms, until));
  const { status, from } = life.segments.at(-1)!;
  const lapsed = ENDED.has(status) && from + LAPSE_MS < until;
  const { dueAt, pausedMs = 0, overdue = false, excused = false } = runs.at(-1) ?? {};
  return {
    status: lapsed ? 'CLOSED' : status,
    startedAt: life.runs.at(-1)?.start,
    dueAt,
    pausedMs,
    overdue,
    excused,
    passed: [...runs.flatMap((run) => run.passed), ...(lapsed ? ['LAPSE'] : [])],
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = 'numeric';
  const parts = {
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  } as const;
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', ...parts });
  formats.set(timeZone, format);
  return format;
}

/** What the clock on the wall shows at an instant, as if that were UTC. */
export function wallTime(instant: number, zone: string): number {
  const shown = new Map<string, number>(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map(
    (part) => shown.get(part)!,
  );
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) + (((instant % 1000) + 1000) % 1000);
}

/** The instant that many calendar days later at the same wall time, then that many milliseconds. */
function addAllowed(start: number, { days, ms }: { days: number; ms: number }, zone: string): number {
  if (days === 0) return start + ms;
  const DAY = 86_400_000;
  const wall = wallTime(start, zone) + days * DAY;
  const before = wallTime(wall - DAY, zone) - (wall - DAY);
  const after = wallTime(wall + DAY, zone) - (wall + DAY);
  const fitting = [wall - before, wall - after].filter((instant) => wallTime(instant, zone) === wall);
  return (fitting.length > 0 ? Math.min(...fitting) : wall - before) + ms;
}
