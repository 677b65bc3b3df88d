import { setTimeout as pause } from 'node:timers/promises';
import {
  type ClusterMetadata,
  ConnectionPool,
  type Consumer,
  findErrorBy,
  ListOffsetTimestamps,
} from '@platformatic/kafka';
import { errorFields } from '../../logger.js';
import type { KafkaConnection } from '../kafka-connection.js';
import { type AssignedPartition, placeOf } from './assigned-partition.js';
import { clientOptions } from './platformatic-options.js';
import { toReceivedRecords } from './received-records.js';

/** How long the broker keeps a fetch that finds nothing; a record ends it at once. */
const WAIT_MS = 1_000;
/** The same while a full partition is left out: it may be taken from at any time. */
const WAIT_WITHOUT_FULL_MS = 20;
const PARTITION_BYTES = 1_048_576;
const FETCH_BYTES = 10 * PARTITION_BYTES;
const AGAIN_AFTER_MS = 250;

export interface FetchLoopOptions {
  readonly connection: KafkaConnection;
  readonly consumer: Consumer;
  readonly signal: AbortSignal;
  /** Those to be fetched, at the time of asking. */
  readonly partitions: () => readonly AssignedPartition[];
  /** Partitions that have something new. */
  readonly onRecords: (partition: AssignedPartition) => void;
  /** After each answer of a broker, also an empty one. */
  readonly onAnswer: () => void;
  readonly onFailure: (error: unknown) => void;
  readonly onMetadata: (metadata: ClusterMetadata) => void;
}

/**
 * Keeps one fetch under way at each broker that leads any of the partitions, over connections of its own: what a broker is asked behind a fetch that
 * waits would wait with it. Fetches on while batches are being handled, so a slow partition holds up no other.
 */
export class FetchLoop {
  private readonly pool: ConnectionPool;
  private readonly underWay = new Map<number, Promise<void>>();
  private woken = Promise.withResolvers<void>();

  constructor(private readonly options: FetchLoopOptions) {
    const { clientId, ...rest } = clientOptions(options.connection);
    this.pool = new ConnectionPool(clientId, rest);
  }

  /** Partitions have come or were emptied. */
  wake(): void {
    this.woken.resolve();
  }

  /** Runs until the signal aborts. */
  async run(): Promise<void> {
    const { signal } = this.options;
    signal.addEventListener('abort', () => this.wake(), { once: true });
    while (!signal.aborted) {
      this.woken = Promise.withResolvers();
      try {
        await this.fetchWhereIdle();
      } catch (error) {
        await this.passOver(error);
        continue;
      }
      await this.woken.promise;
    }
    await this.pool.close();
    await Promise.all(this.underWay.values());
  }

  private async fetchWhereIdle(): Promise<void> {
    const { consumer, partitions, onMetadata } = this.options;
    const metadata = await consumer.metadata({ topics: [...consumer.topics.current] });
    onMetadata(metadata);
    const all = partitions();
    const wanted = Map.groupBy(
      all.filter(({ isFull }) => !isFull),
      ({ topic, partition }) => metadata.topics.get(topic)!.partitions[partition]!.leader,
    );
    for (const [node, ofNode] of wanted) {
      if (this.underWay.has(node)) continue;
      const waitMs = all.some(({ isFull }) => isFull) ? WAIT_WITHOUT_FULL_MS : WAIT_MS;
      const fetching = this.fetch(node, ofNode, metadata, waitMs).finally(() => {
        this.underWay.delete(node);
        this.wake();
      });
      this.underWay.set(node, fetching);
    }
  }

  /** Never rejects. */
  private async fetch(
    node: number,
    partitions: readonly AssignedPartition[],
    metadata: ClusterMetadata,
    maxWaitTime: number,
  ): Promise<void> {
    const { consumer, onAnswer } = this.options;
    const idOf = (topic: string): string => metadata.topics.get(topic)!.id;
    const asked = new Map(partitions.map((each) => [placeOf(idOf(each.topic), each.partition), each]));
    const offsets = new Map(partitions.map((each) => [each, each.fetched]));
    try {
      const topics = partitions.map(({ topic, partition, fetched }) => ({
        topicId: idOf(topic),
        partitions: [
          {
            partition,
            fetchOffset: fetched,
            partitionMaxBytes: PARTITION_BYTES,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
          },
        ],
      }));
      const limits = { minBytes: 1, maxBytes: FETCH_BYTES, maxWaitTime };
      const answer = await consumer.fetch({ node, topics, ...limits, connectionPool: this.pool });
      onAnswer();
      this.deliver(answer, asked, offsets);
    } catch (error) {
      if (error instanceof Error && findErrorBy(error, 'apiId', 'OFFSET_OUT_OF_RANGE'))
        await this.beginAgain(partitions, error);
      await this.passOver(error);
    }
  }

  private deliver(
    { responses }: Awaited<ReturnType<Consumer['fetch']>>,
    asked: ReadonlyMap<string, AssignedPartition>,
    offsets: ReadonlyMap<AssignedPartition, bigint>,
  ): void {
    for (const { topicId, partitions } of responses) {
      for (const { partitionIndex, records: batches, highWatermark } of partitions) {
        const partition = asked.get(placeOf(topicId, partitionIndex));
        const last = batches?.at(-1);
        // A session of fetches may bring what it was not asked for; and the partition may have moved on to another consumer.
        if (!partition || !batches || !last || partition.given.aborted) continue;
        if (partition.fetched !== offsets.get(partition)) continue;
        const place = {
          topic: partition.topic.slice(this.options.connection.topicPrefix.length),
          partition: partitionIndex,
        };
        const records = toReceivedRecords(place, batches, partition.fetched);
        partition.add({ records, next: last.firstOffset + BigInt(last.lastOffsetDelta) + 1n, highWatermark });
        this.options.onRecords(partition);
      }
    }
  }

  /** What the log no longer holds, or has lost, is read from where the log begins. */
  private async beginAgain(partitions: readonly AssignedPartition[], error: unknown): Promise<void> {
    const { consumer, connection } = this.options;
    connection.logger.warn(
      errorFields(error),
      'the log does not hold an offset; the partition is read from its beginning',
    );
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    try {
      const first = await consumer.listOffsets({ topics, timestamp: ListOffsetTimestamps.EARLIEST });
      const last = await consumer.listOffsets({ topics, timestamp: ListOffsetTimestamps.LATEST });
      for (const each of partitions) {
        const [low, high] = [first, last].map((offsets) => offsets.get(each.topic)![each.partition]!);
        if (each.fetched < low! || each.fetched > high!) each.fetched = low!;
      }
    } catch (failure) {
      connection.logger.debug(errorFields(failure), 'cannot ask yet where the log begins');
    }
  }

  private async passOver(error: unknown): Promise<void> {
    const { signal, consumer, connection, onFailure } = this.options;
    if (signal.aborted) return;
    connection.logger.debug(errorFields(error), 'a fetch has failed and comes again');
    onFailure(error);
    consumer.clearMetadata();
    await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
  }
}
