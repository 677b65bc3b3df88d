/** How many exchanges were submitted and not finished at a moment of a window. */
export interface BacklogSample {
  /** Milliseconds from the first arrival of the window. */
  readonly atMs: number;
  readonly open: number;
}

/** One window of constant load and what became of it. */
export interface LoadedWindow {
  /** Arrivals per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly unfinished: number;
  readonly refused: number;
  /** True when the load was broken off because the queue had become too long. */
  readonly brokenOff: boolean;
  /** Milliseconds from the last arrival until everything was finished. */
  readonly drainMs: number;
  readonly backlog: readonly BacklogSample[];
}

/** The start of a window shows how the queue fills to its working length, not whether it goes on growing. */
const SETTLING_SHARE = 1 / 3;
/** A queue may end a window longer than it was by what arrives in this many seconds, or by this many exchanges: less is chance. */
const ALLOWED_RISE_S = 0.25;
const ALLOWED_RISE = 10;
const ALLOWED_DRAIN_MS = 5_000;

/** Least-squares slope of the backlog, in exchanges per second. 0 for fewer than two moments. */
export function growthPerSecond(samples: readonly BacklogSample[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const times = samples.map(({ atMs }) => atMs / 1000);
  const meanTime = mean(times);
  const meanOpen = mean(samples.map(({ open }) => open));
  const spread = times.reduce((sum, time) => sum + (time - meanTime) ** 2, 0);
  if (!(spread > 0)) return 0;
  return samples.reduce((sum, { open }, index) => sum + (times[index]! - meanTime) * (open - meanOpen), 0) / spread;
}

/** Why a window was more than the constellation can sustain; undefined when it was not. */
export function overload(window: LoadedWindow): string | undefined {
  const { rate, seconds, backlog, unfinished, refused, brokenOff, drainMs } = window;
  if (unfinished > 0 && !brokenOff) return `${unfinished} unfinished`;
  if (refused > 0) return `${refused} refused`;
  if (brokenOff) return 'the queue grew without end';
  const settled = backlog.filter(({ atMs }) => atMs >= seconds * 1000 * SETTLING_SHARE);
  const rise = growthPerSecond(settled) * seconds * (1 - SETTLING_SHARE);
  if (rise > Math.max(ALLOWED_RISE, rate * ALLOWED_RISE_S)) return `the queue grew by ${Math.round(rise)}`;
  if (drainMs > ALLOWED_DRAIN_MS) return `the last ones took ${(drainMs / 1000).toFixed(1)} s`;
  return undefined;
}
