import { findingAt, type NewFinding } from '../finding/new-finding.js';
import type { NewLeaf } from '../sequencing/new-batch.js';
import type { MarkedRun, NumberMark } from './number-mark.entity.js';
import { NumberRuns } from './number-runs.js';
import type { ProducerRepository } from './producer.repository.js';

/** So far may the clock of a producer be ahead of the broker's. */
const MOST_AHEAD_MS = 120_000;
/** So long may a number wait for those before it: they come from other partitions, or are handed in again. */
const GAP_PATIENCE_MS = 300_000;
/** Records that were appended so long before the newest that was read come from a partition that is still behind: what is missed may be in it. */
const LATE_MS = 60_000;
/** A mark is written after so many leaves: whoever takes over reads no more than these again. */
const MARK_EVERY = 16_384;

/**
 * Watches over the numbers, chains and clocks of producers, as their envelopes claim them: what it finds may come from a forgery that is parked later. Keeps what it knows in
 * memory for one term; the leaves say the same.
 */
export class ProducerWatch {
  private readonly producers = new Map<string, NumberRuns>();
  private marked = 0;
  /** Of the newest record, in ms since 1970. */
  private newest = 0;
  private lateAt = Number.NEGATIVE_INFINITY;

  /** @param clock ms of a clock that only goes forward */
  constructor(
    private readonly repository: ProducerRepository,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Learns what a log of so many leaves holds. */
  async begin(size: number): Promise<void> {
    const mark = await this.repository.mark(size);
    this.marked = Number(mark?.size ?? 0);
    this.restore(mark?.producers ?? {});
    for (let at = this.marked; at < size; at += MARK_EVERY) {
      const leaves = await this.repository.numbered(at, Math.min(at + MARK_EVERY, size));
      for (const { producer, number, hash } of leaves)
        this.runsOf(producer).take({ number: BigInt(number), hash, previous: undefined }, this.clock());
    }
    await this.markAt(size);
  }

  /** Takes leaves that are about to be added. What follows an error must not be built on. */
  async look(leaves: readonly NewLeaf[]): Promise<NewFinding[]> {
    const findings: NewFinding[] = [];
    const repeats: NewLeaf[] = [];
    const now = this.clock();
    for (const leaf of leaves) {
      this.noteTime(leaf, now);
      const { record, claimed } = leaf;
      const { producer, producerSequence: number, messageHash: hash } = record;
      if (producer === undefined) continue;
      if (claimed.madeAt - claimed.appendedAt > MOST_AHEAD_MS) findings.push(skewOf(leaf, producer));
      if (number === undefined) continue;
      const runs = this.runsOf(producer);
      const fit = runs.take({ number: BigInt(number), hash, previous: claimed.previous }, now);
      if (fit === 'used') repeats.push(leaf);
      if (fit === 'forked') findings.push(findingAt('CHAIN_FORKED', record, { producer, number }));
      const lost = runs.giveUp();
      if (lost !== undefined) findings.push(gapOf(producer, lost));
    }
    if (repeats.length > 0) findings.push(...(await this.reused(leaves, repeats)));
    return findings;
  }

  /** Numbers that have been missed for long, each once. None while some partition is still read from further back. */
  gaps(): NewFinding[] {
    const since = this.clock() - GAP_PATIENCE_MS;
    if (this.lateAt > since) return [];
    return [...this.producers].flatMap(([producer, runs]) =>
      runs.missedSince(since).map((number) => gapOf(producer, number)),
    );
  }

  /** To be called when the log has grown to this size. */
  async markAt(size: number): Promise<void> {
    if (size - this.marked < MARK_EVERY) return;
    await this.repository.setMark(size, this.known);
    this.marked = size;
  }

  private noteTime({ claimed: { appendedAt } }: NewLeaf, now: number): void {
    if (appendedAt > this.newest) this.newest = appendedAt;
    else if (appendedAt < this.newest - LATE_MS) this.lateAt = now;
  }

  /** The same envelope may stand on several topics: it has its number once. */
  private async reused(leaves: readonly NewLeaf[], repeats: readonly NewLeaf[]): Promise<NewFinding[]> {
    const logged = await this.repository.logged(repeats.flatMap(({ record: { id } }) => id ?? []));
    const ahead = new Set<string>();
    const firsts = new Set(repeats);
    for (const leaf of leaves) {
      const { id, messageHash } = leaf.record;
      const name = `${id} ${messageHash}`;
      if (logged.has(name) || ahead.has(name)) firsts.delete(leaf);
      ahead.add(name);
    }
    return [...firsts].map(({ record }) =>
      findingAt('SEQUENCE_REUSED', record, { producer: record.producer!, number: record.producerSequence! }),
    );
  }

  private runsOf(producer: string): NumberRuns {
    const known = this.producers.get(producer);
    if (known !== undefined) return known;
    const runs = new NumberRuns();
    this.producers.set(producer, runs);
    return runs;
  }

  /** What a mark says. */
  get known(): NumberMark['producers'] {
    const marked = ({ runs }: NumberRuns): MarkedRun[] =>
      runs.map(({ from, to, last, first }) =>
        first === undefined ? [`${from}`, `${to}`, last] : [`${from}`, `${to}`, last, first],
      );
    return Object.fromEntries([...this.producers].map(([producer, runs]) => [producer, marked(runs)]));
  }

  private restore(producers: NumberMark['producers']): void {
    const missedAt = this.clock();
    for (const [producer, runs] of Object.entries(producers)) {
      const restored = runs.map(([from, to, last, first]) => {
        return { from: BigInt(from), to: BigInt(to), last, first, missedAt, isSaid: false };
      });
      this.runsOf(producer).runs.push(...restored);
    }
  }
}

/** One a day is enough to look at the clock. */
function skewOf({ record }: NewLeaf, producer: string): NewFinding {
  const about = `${producer} ${record.acceptedAt.slice(0, 10)}`;
  return { ...findingAt('CLOCK_SKEW', record, { producer }), about };
}

function gapOf(producer: string, number: bigint): NewFinding {
  return { kind: 'SEQUENCE_GAP', about: `${producer} ${number}`, producer, number: `${number}` };
}
