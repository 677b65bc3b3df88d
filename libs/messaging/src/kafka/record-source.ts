import type { RecordBatch } from '../records.js';
import type { KafkaConnection } from './kafka-connection.js';

/** A fetched batch, with the end of its partition at that time. */
export interface FetchedBatch extends RecordBatch {
  readonly highWatermark: bigint;
}

/** Where to begin a partition: at an offset, at its first record, or behind its last. Topics are named without the prefix. */
export type StartingPoint = (topic: string, partition: number) => bigint | 'earliest' | 'latest';

export interface RecordSourceOptions {
  readonly connection: KafkaConnection;
  /** Without the prefix. */
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Partitions handled at the same time. */
  readonly concurrency: number;
  /** False for a reader that starts at the beginning each time. */
  readonly commitOffsets: boolean;
  /** Where a reader that commits nothing begins each partition; at its first record when left out. */
  readonly startAt?: StartingPoint;
  readonly handle: (batch: FetchedBatch) => Promise<void>;
  /** Called when `handle` has rejected, or hangs: the consumer will not come back, and the process must end too. */
  readonly onCrash: (error: Error) => void;
  /** Without a sign of life for this long the consumer counts as stalled; 60 s when left out. */
  readonly stalledAfterMs?: number;
}

/** Whether a consumer does its work. */
export interface Liveness {
  readonly live: boolean;
  /** One sentence for the readiness page. */
  readonly reason: string;
}

/**
 * Port to the broker for reading: hands over batches of untouched bytes, in order within a partition, each record at least once. Offsets of what was
 * handled are committed once a second. It outlives the broker's absence.
 */
export interface RecordSource {
  /** Joins the group; records flow once the broker has assigned partitions. */
  start(): Promise<void>;
  /** Lets the running batches finish, commits their offsets and leaves the group. */
  stop(): Promise<void>;
  liveness(): Liveness;
}

/** How often offsets are committed: redelivery is harmless behind an inbox, and each commit is an append at the broker. */
export const COMMIT_EVERY_MS = 1_000;
/** The broker's minimum: a consumer that was killed holds its partitions that long. */
export const SESSION_TIMEOUT_MS = 6_000;
