import { SeraiError } from '#libs/errors';
import { Company, type ReceivedRecord, type RecordBatch } from '#libs/messaging';
import { Frontier, leafHash } from '#libs/transparency-log';
import type { EpochEnd } from '../epoch/epoch.repository.js';
import { findingAt, type NewFinding } from '../finding/new-finding.js';
import type { LeafRepository } from '../leaf/leaf.repository.js';
import type { SaltWrap } from '../leaf/salt-wrap.js';
import type { ProducerWatch } from '../producer/producer-watch.js';
import { logRecordOf } from '../record/log-record-of.js';
import { type HeadState, type PlannedBatch, placeOf, planBatch } from './log-head.js';
import type { NewBatch } from './new-batch.js';
import type { SequencingRepository } from './sequencing.repository.js';

/** So many records go into one transaction, unless more came from other partitions meanwhile. */
const MOST_RECORDS = 256;

export interface SequencingTermOptions {
  readonly fence: bigint;
  readonly repository: SequencingRepository;
  readonly leaves: LeafRepository;
  readonly salts: SaltWrap;
  /** New for each term. */
  readonly producers: ProducerWatch;
  /** Called after each commit. */
  readonly onAppended: (batch: NewBatch, head: HeadState) => void;
  /** Called with findings that were not written down before. */
  readonly onFound: (findings: readonly NewFinding[]) => void;
  /** Without it the log never ends. */
  readonly ending?: LogEnding;
}

/** How a log ends. */
export interface LogEnding {
  /** What a record says when the log ends with it. */
  readonly closingIn: (record: ReceivedRecord) => Promise<Omit<EpochEnd, 'leaf'> | undefined>;
  /** Called when it has ended: nothing more is added. */
  readonly onEnded: () => void;
}

/**
 * The time from one process's taking over of the log to its first error: what it keeps in memory is true as long as every transaction succeeded. After one that did
 * not, a new term reads everything again.
 */
export class SequencingTerm {
  private readonly company = new Company<ReceivedRecord>((records) => this.commit(records));
  private state: HeadState = { frontier: new Frontier(), positions: new Map() };
  private failure: unknown;
  private end: EpochEnd | undefined;

  constructor(private readonly options: SequencingTermOptions) {}

  /** Number of leaves. */
  get size(): number {
    return this.state.frontier.size;
  }

  /** A log that has ended takes nothing more. */
  get isEnded(): boolean {
    return this.end !== undefined;
  }

  /** Offset that a partition goes on at. */
  next(topic: string, partition: number): bigint {
    return this.state.positions.get(placeOf(topic, partition)) ?? 0n;
  }

  get head(): HeadState {
    return this.state;
  }

  /**
   * Reads where the log ends and verifies it: the last batch, hashed again, must lead to the frontier that is stored.
   *
   * @throws SeraiError ERR_LOG_STATE
   */
  async begin(): Promise<void> {
    const { repository, leaves, producers } = this.options;
    const { size, frontier, before } = await repository.edge();
    const edge = new Frontier(before.size, before.frontier);
    const entries = await leaves.entries(before.size, size);
    for (const entry of entries) edge.append(leafHash(entry));
    const stored = new Frontier(size, frontier);
    if (edge.size !== size || !edge.root().equals(stored.root())) throw contradiction({ size, found: edge.size });
    const ranges = await repository.positions();
    const positions = new Map(ranges.map(({ topic, partition, to }) => [placeOf(topic, partition), to]));
    await producers.begin(size);
    this.end = await repository.end();
    this.state = { frontier: stored, positions };
  }

  /** Writes down which numbers of producers have been missed for long. */
  async noteGaps(): Promise<void> {
    const { fence, repository, producers, onFound } = this.options;
    const gaps = producers.gaps();
    if (gaps.length > 0) onFound(await repository.note(fence, gaps));
  }

  /** Resolves when every record of the batch is in the log, or the log has ended before. */
  async take({ records }: RecordBatch): Promise<void> {
    for (let begin = 0; begin < records.length; begin += MOST_RECORDS) {
      await this.company.join(records.slice(begin, begin + MOST_RECORDS));
    }
  }

  /** What follows an error must not be built on: it may have been committed or not. */
  private async commit(records: readonly ReceivedRecord[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    try {
      await this.append(records);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  private async append(given: readonly ReceivedRecord[]): Promise<void> {
    if (this.isEnded) return;
    const { fence, repository, producers } = this.options;
    const last = await this.findLast(given);
    const records = last === undefined ? given : given.slice(0, last.place + 1);
    const changed = await this.changedRecords(records);
    let planned = this.plan(records, last);
    if (planned.batch.ranges.length === 0 && changed.length === 0) return;
    // Said of the leaves that are new, also where others of them turn out to be in the log.
    const found = [...changed, ...(await producers.look(planned.batch.leaves))];
    planned = withFindings(planned, found);
    let answer = await repository.append(fence, planned.batch);
    if (answer.outcome === 'repeated') {
      const envelopes = planned.batch.leaves.flatMap(({ record: { topic, id } }) =>
        id === undefined ? [] : [{ topic, id }],
      );
      planned = withFindings(this.plan(records, last, await repository.known(envelopes)), found);
      answer = await repository.append(fence, planned.batch);
    }
    if (answer.outcome !== 'appended')
      throw new SeraiError('ERR_LOG_FENCED', 'Another process has taken over the log.');
    this.state = planned.next;
    this.end = planned.batch.end;
    this.options.onAppended(planned.batch, planned.next);
    this.options.onFound(answer.findings);
    await producers.markAt(this.size);
    if (this.isEnded) this.options.ending?.onEnded();
  }

  private plan(
    records: readonly ReceivedRecord[],
    last: LastRecord | undefined,
    known: ReadonlySet<string> = new Set(),
  ): PlannedBatch {
    const planned = planBatch(this.state, records, known, this.options.salts);
    return last === undefined ? planned : withEnd(planned, last);
  }

  /** The record that ends the log: what comes behind it belongs to the next one, and is not taken here. */
  private async findLast(records: readonly ReceivedRecord[]): Promise<LastRecord | undefined> {
    for (const [place, record] of records.entries()) {
      const isNew = record.offset >= this.next(record.topic, record.partition);
      const closing = isNew ? await this.options.ending?.closingIn(record) : undefined;
      if (closing !== undefined) return { place, ...closing };
    }
    return undefined;
  }

  /** Records that were taken before and now are others: the partition was rewritten, or lost its end. */
  private async changedRecords(records: readonly ReceivedRecord[]): Promise<NewFinding[]> {
    const changed: NewFinding[] = [];
    for (const received of records) {
      const { topic, partition, offset } = received;
      if (offset >= this.next(topic, partition)) continue;
      const logged = await this.options.repository.hashAt(topic, partition, offset);
      // A repeated envelope has no leaf at its second place.
      if (logged === undefined || logged === logRecordOf(received).messageHash) continue;
      changed.push(findingAt('PARTITION_CHANGED', received));
    }
    return changed;
  }
}

/** The record that ends the log, by its place in a batch. */
interface LastRecord extends Omit<EpochEnd, 'leaf'> {
  readonly place: number;
}

/** It is the last one of the batch, which is why its leaf is. */
const withEnd = ({ batch, next }: PlannedBatch, { next: goesOn, closing }: LastRecord): PlannedBatch => ({
  batch: { ...batch, end: { leaf: next.frontier.size - 1, next: goesOn, closing } },
  next,
});

const withFindings = ({ batch, next }: PlannedBatch, found: readonly NewFinding[]): PlannedBatch => ({
  batch: { ...batch, findings: [...found, ...batch.findings] },
  next,
});

function contradiction(detail: Record<string, unknown>): SeraiError {
  return new SeraiError(
    'ERR_LOG_STATE',
    'The end of the log in the database contradicts itself: it was changed. Do not go on; compare it with its tiles and the witnesses.',
    { detail },
  );
}
