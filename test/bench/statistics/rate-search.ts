/** Bounds of a search. */
export interface SearchBounds {
  /** Steps at most, repetitions included. */
  readonly steps: number;
  /** The search ends when the lowest rate that was too much is below the best one times this. */
  readonly precision: number;
}

const UP = 1.3;
const DOWN = 0.75;

/**
 * Looks for the highest rate that is sustained: up while it is, down while it is not, then halves what lies between. A step that was too much is
 * tried once more before that counts, because something else may have had the machine.
 *
 * @example
 * const search = new RateSearch(100, { steps: 10, precision: 1.08 });
 * for (let rate = search.next(); rate !== undefined; rate = search.next()) search.record(rate, await isSustained(rate));
 * search.best;
 */
export class RateSearch {
  /** Highest rate that was sustained; 0 when none was. */
  best = 0;
  private tooMuch = Number.POSITIVE_INFINITY;
  private suspect: number | undefined;
  private taken = 0;

  constructor(
    private readonly first: number,
    private readonly bounds: SearchBounds,
  ) {}

  /** Rate of the next step; undefined when the search has ended. */
  next(): number | undefined {
    if (this.taken >= this.bounds.steps) return undefined;
    if (this.suspect !== undefined) return this.suspect;
    const rate = Math.round(this.candidate());
    return rate < 1 || rate <= this.best || rate >= this.tooMuch ? undefined : rate;
  }

  record(rate: number, sustained: boolean): void {
    this.taken += 1;
    if (sustained) this.best = Math.max(this.best, rate);
    else if (this.suspect === rate) this.tooMuch = Math.min(this.tooMuch, rate);
    this.suspect = sustained || this.suspect === rate ? undefined : rate;
  }

  private candidate(): number {
    if (this.taken === 0) return this.first;
    if (this.tooMuch === Number.POSITIVE_INFINITY) return this.best * UP;
    if (this.best === 0) return this.tooMuch * DOWN;
    return this.tooMuch <= this.best * this.bounds.precision ? 0 : (this.best + this.tooMuch) / 2;
  }
}
