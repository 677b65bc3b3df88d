import type { FetchedBatch } from '../record-source.js';
import { type AssignedPartition, placeOf } from './assigned-partition.js';

export interface PartitionWorkersOptions {
  /** Partitions handled at the same time. */
  readonly concurrency: number;
  /** Length of what stands before every topic's name. */
  readonly topicPrefix: string;
  /** Aborted when no further batch is to begin. */
  readonly signal: AbortSignal;
  readonly handle: (batch: FetchedBatch) => Promise<void>;
  /** A batch is done, and the partition has room. */
  readonly onHandled: () => void;
  readonly onFailure: (error: Error) => void;
}

/** Hands what was fetched to the handler: the batches of a partition one after the other, several partitions side by side, in turns. */
export class PartitionWorkers {
  private readonly ready = new Set<AssignedPartition>();
  private readonly working = new Map<AssignedPartition, Promise<void>>();

  constructor(private readonly options: PartitionWorkersOptions) {}

  /** When the handler that has been silent longest gave its last sign; undefined while none is at work. */
  get silentSince(): number | undefined {
    if (this.working.size === 0) return undefined;
    return Math.min(...[...this.working.keys()].map(({ workingSince }) => workingSince!));
  }

  /** The partition has something that waits. */
  add(partition: AssignedPartition): void {
    this.ready.add(partition);
    this.begin();
  }

  /** Resolves when no batch of this place is being handled: one that was given up may take a while to notice. */
  async finished(place: string): Promise<void> {
    for (const [{ topic, partition }, work] of this.working) {
      if (placeOf(topic, partition) === place) await work;
    }
  }

  /** Resolves when nothing is being handled. */
  async idle(): Promise<void> {
    while (this.working.size > 0) await Promise.all(this.working.values());
  }

  private begin(): void {
    const { signal, concurrency } = this.options;
    for (const partition of this.ready) {
      if (signal.aborted || this.working.size >= concurrency) return;
      if (this.working.has(partition)) continue;
      this.ready.delete(partition);
      if (!partition.hasWaiting) continue;
      this.working.set(partition, this.work(partition));
    }
  }

  /** Never rejects. */
  private async work(partition: AssignedPartition): Promise<void> {
    partition.workingSince = Date.now();
    const { records, next, highWatermark } = partition.take();
    try {
      // Where a transaction ended, the log has offsets without records.
      await (records.length > 0 ? this.options.handle(this.toBatch(partition, records, highWatermark)) : undefined);
      partition.handled = next;
    } catch (error) {
      const isGivenUp = partition.given.aborted || this.options.signal.aborted;
      if (!isGivenUp) this.options.onFailure(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.working.delete(partition);
      partition.workingSince = undefined;
      this.options.onHandled();
      this.begin();
    }
  }

  private toBatch(partition: AssignedPartition, records: FetchedBatch['records'], highWatermark: bigint): FetchedBatch {
    return {
      topic: partition.topic.slice(this.options.topicPrefix.length),
      partition: partition.partition,
      records,
      highWatermark,
      heartbeat: async () => {
        partition.workingSince = Date.now();
        partition.given.throwIfAborted();
      },
      signal: this.options.signal,
    };
  }
}
