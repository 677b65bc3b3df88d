/** More holes than these say nothing any more: the lowest is given up for each new one. */
const MOST_RUNS = 10_000;

/** Numbers that came, without a hole between them. */
export interface NumberRun {
  from: bigint;
  /** Behind the last of them. */
  to: bigint;
  /** Hash that the envelope of the first names as the one before it: empty where it names none, undefined where that is not known any more. */
  first: string | undefined;
  /** Hash of the envelope of the last. */
  last: string;
  /** When numbers before it were missed first, in ms of a clock that only goes forward. */
  missedAt: number;
  /** That they are missing has been said. */
  isSaid: boolean;
}

/** An envelope's place in its producer's chain. */
export interface ChainLink {
  readonly number: bigint;
  /** Of the envelope. */
  readonly hash: string;
  /** Hash of the envelope before it, as it says; empty for none, undefined for unknown. */
  readonly previous: string | undefined;
}

/**
 * Which numbers of a producer came. They come from several partitions and so out of order: what lies between two runs may still come. Where runs meet, the hashes of the
 * chain must.
 */
export class NumberRuns {
  /** In their order, never touching. */
  readonly runs: NumberRun[] = [];

  /** @returns `used` when the number came before, `forked` when a neighbour that came names another envelope */
  take({ number, hash, previous }: ChainLink, now: number): 'fits' | 'forked' | 'used' {
    const at = this.firstBehind(number);
    const [left, right] = [this.runs[at - 1], this.runs[at]];
    if (left !== undefined && number < left.to) return 'used';
    const follows = left?.to === number;
    const precedes = right?.from === number + 1n;
    const fits =
      (!follows || previous === undefined || previous === left.last) &&
      (!precedes || right.first === undefined || right.first === hash);
    if (follows) {
      left.to = precedes ? right.to : number + 1n;
      left.last = precedes ? right.last : hash;
      if (precedes) this.runs.splice(at, 1);
    } else if (precedes) {
      right.from = number;
      right.first = previous;
    } else {
      const { missedAt, isSaid } = right ?? { missedAt: now, isSaid: false };
      this.runs.splice(at, 0, { from: number, to: number + 1n, first: previous, last: hash, missedAt, isSaid });
    }
    return fits ? 'fits' : 'forked';
  }

  /** First numbers of the holes that were open at that time already; each is told once. */
  missedSince(time: number): bigint[] {
    const missed: bigint[] = [];
    for (const [place, run] of this.runs.entries()) {
      const begin = this.runs[place - 1]?.to ?? 1n;
      if (run.from === begin || run.isSaid || run.missedAt > time) continue;
      run.isSaid = true;
      missed.push(begin);
    }
    return missed;
  }

  /** Where there are too many holes, the first number of the lowest; what comes of it later counts as used. */
  giveUp(): bigint | undefined {
    const [lowest, next] = this.runs;
    if (this.runs.length <= MOST_RUNS || lowest === undefined || next === undefined) return undefined;
    const begin = lowest.to;
    lowest.to = next.to;
    lowest.last = next.last;
    this.runs.splice(1, 1);
    return begin;
  }

  /** Place of the first run that begins behind a number; nearly always that is behind all of them. */
  private firstBehind(number: bigint): number {
    let [low, high] = [0, this.runs.length];
    if (high > 0 && number >= this.runs[high - 1]!.from) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.runs[middle]!.from <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
