import type { ReceivedRecord } from '../../records.js';

/** So much of a partition is fetched ahead of the handler, then it is left out until that is taken. In bytes. */
const MOST_AHEAD_BYTES = 2 * 1_048_576;

/** What one fetch brought of a partition. */
export interface FetchedRecords {
  readonly records: readonly ReceivedRecord[];
  /** Offset behind the last of them, as the log has it. */
  readonly next: bigint;
  readonly highWatermark: bigint;
}

/** One partition that this consumer was given: how far it is, and what was fetched and waits for the handler. */
export class AssignedPartition {
  /** What was handled: the offset to commit. */
  handled: bigint;
  committed: bigint;
  /** While a batch is being handled: when its handler last gave a sign. */
  workingSince: number | undefined;
  private waiting: FetchedRecords[] = [];
  private waitingBytes = 0;
  private readonly giveUp = new AbortController();

  /** @param fetched offset to be fetched next */
  constructor(
    /** With the prefix. */
    readonly topic: string,
    readonly partition: number,
    public fetched: bigint,
  ) {
    this.handled = fetched;
    this.committed = fetched;
  }

  /** Aborted when the partition belongs to somebody else: what waits is forgotten, and a batch under way is to be given up. */
  get given(): AbortSignal {
    return this.giveUp.signal;
  }

  get hasWaiting(): boolean {
    return this.waiting.length > 0;
  }

  get isFull(): boolean {
    return this.waitingBytes >= MOST_AHEAD_BYTES;
  }

  add(fetched: FetchedRecords): void {
    this.fetched = fetched.next;
    this.waiting.push(fetched);
    for (const { value } of fetched.records) this.waitingBytes += value.length;
  }

  /** Everything that waits, as one. */
  take(): FetchedRecords {
    const { next, highWatermark } = this.waiting.at(-1)!;
    const records = this.waiting.flatMap((each) => each.records);
    this.waiting = [];
    this.waitingBytes = 0;
    return { records, next, highWatermark };
  }

  revoke(): void {
    this.waiting = [];
    this.giveUp.abort(new Error('The partition belongs to another consumer now.'));
  }
}

export const placeOf = (topic: string, partition: number): string => `${topic}\n${partition}`;
