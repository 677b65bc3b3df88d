import { randomUUID } from 'node:crypto';
import type { RecordBatch } from '../records.js';
import { createRecordSource } from './clients.js';
import type { KafkaConnection } from './kafka-connection.js';
import type { Liveness, RecordSource, StartingPoint } from './record-source.js';

export interface RecordFollowerOptions {
  readonly connection: KafkaConnection;
  readonly topics: readonly string[];
  /** Start of the group's name, where the client needs one: the app. */
  readonly name: string;
  /** Where a partition begins; asked once for each, when it is first seen. */
  readonly startAt: StartingPoint;
  /** Gets batches, in order within a partition, each record perhaps more than once. When it rejects the follower ends and reports a crash. */
  readonly handle: (batch: RecordBatch) => Promise<void>;
  /** Called when the follower has ended and will not come back. */
  readonly onCrash: (error: Error) => void;
}

/**
 * Reads every partition of some topics from positions that its user keeps: no group shares them out, and the broker remembers nothing of it.
 * For a user whose own store says how far it is.
 *
 * @example
 * const follower = new RecordFollower({ connection, topics, name: 'audit', startAt: (topic, partition) => positions.next(topic, partition), handle, onCrash });
 */
export class RecordFollower {
  private readonly source: RecordSource;

  constructor({ name, ...options }: RecordFollowerOptions) {
    this.source = createRecordSource({
      ...options,
      groupId: `${name}-${randomUUID()}`,
      // Partitions that wait for each other in one transaction must all get in.
      concurrency: 256,
      commitOffsets: false,
    });
  }

  /** Rejects while the broker is away. */
  start(): Promise<void> {
    return this.source.start();
  }

  /** Lets the running batches finish. */
  stop(): Promise<void> {
    return this.source.stop();
  }

  liveness(): Liveness {
    return this.source.liveness();
  }
}
