import { setTimeout as pause } from 'node:timers/promises';
import { type ClusterMetadata, Consumer, type GroupAssignment } from '@platformatic/kafka';
import { errorFields } from '../../logger.js';
import {
  COMMIT_EVERY_MS,
  type Liveness,
  type RecordSource,
  type RecordSourceOptions,
  SESSION_TIMEOUT_MS,
} from '../record-source.js';
import { StallWatch } from '../stall-watch.js';
import { AssignedPartitions } from './assigned-partitions.js';
import { FetchLoop } from './fetch-loop.js';
import { PartitionWorkers } from './partition-workers.js';
import { clientOptions } from './platformatic-options.js';

/** Longer than a rebalance takes where members join as soon as they hear of it; shorter than a request may take. */
const REBALANCE_TIMEOUT_MS = 10_000;
const AGAIN_AFTER_MS = 1_000;
/** As kafkajs names it: instances of both clients share a group while a deployment changes from one to the other. */
const ASSIGNMENT = { name: 'RoundRobinAssigner', version: 1 };

/**
 * Consumes with @platformatic/kafka: its group membership and its fetches, with a loop of our own around them. Its stream of single messages would
 * give them the producer's time instead of the broker's, and copy each one. A reader that commits nothing needs no group: it takes all partitions.
 *
 * Heartbeats go out by themselves, so it is the watch over the handlers that ends a process that hangs.
 */
export class PlatformaticRecordSource implements RecordSource {
  private readonly consumer: Consumer;
  private readonly closing = new AbortController();
  private readonly fetching: FetchLoop;
  private readonly workers: PartitionWorkers;
  private readonly stall: StallWatch;
  private readonly partitions: AssignedPartitions;
  private readonly topics: string[];
  private partitionCounts: string | undefined;
  private running: Promise<void> = Promise.resolve();
  private joining: Promise<void> | undefined;
  private leaving: Promise<void> | undefined;
  private committing: NodeJS.Timeout | undefined;
  private lastAnswer = Date.now();
  private joined = false;
  private ended = false;

  constructor(private readonly options: RecordSourceOptions) {
    const { connection, groupId, stalledAfterMs } = options;
    this.topics = options.topics.map((topic) => connection.topicPrefix + topic);
    this.consumer = new Consumer({
      ...clientOptions(connection),
      groupId: connection.topicPrefix + groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: SESSION_TIMEOUT_MS / 4,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      protocols: [ASSIGNMENT],
      // Everything here that fails is tried again, for ever, by whoever asked.
      retries: 0,
    });
    this.workers = this.createWorkers();
    this.partitions = this.createPartitions();
    this.fetching = this.createFetchLoop();
    this.stall = new StallWatch(() => this.workers.silentSince ?? this.lastAnswer, stalledAfterMs);
    this.watch();
  }

  async start(): Promise<void> {
    this.consumer.topics.trackAll(...this.topics);
    try {
      await this.consumer.metadata({ topics: [...this.topics] });
    } catch (error) {
      await this.leave();
      throw error;
    }
    this.running = this.fetching.run();
    if (this.options.commitOffsets) void this.join();
    this.committing = setInterval(() => void this.partitions.commit(), COMMIT_EVERY_MS);
    this.committing.unref();
    this.stall.start((error) => {
      if (this.joined) this.end(error);
    });
  }

  async stop(): Promise<void> {
    this.closing.abort();
    await this.workers.idle();
    await this.leave();
    await this.running;
  }

  liveness(): Liveness {
    if (this.ended) return { live: false, reason: 'The consumer has crashed.' };
    if (!this.joined) return { live: false, reason: 'The consumer has not joined its group.' };
    if (this.stall.isStalled) return { live: false, reason: 'The consumer has stalled.' };
    return { live: true, reason: 'The consumer is at work.' };
  }

  private createWorkers(): PartitionWorkers {
    const { connection, concurrency, handle } = this.options;
    return new PartitionWorkers({
      concurrency,
      topicPrefix: connection.topicPrefix,
      signal: this.closing.signal,
      handle,
      onHandled: () => this.fetching.wake(),
      onFailure: (error) => this.end(error),
    });
  }

  private createPartitions(): AssignedPartitions {
    const { connection, commitOffsets, startAt } = this.options;
    return new AssignedPartitions({
      consumer: this.consumer,
      commitOffsets,
      startAt: (topic, partition) => startAt?.(topic.slice(connection.topicPrefix.length), partition) ?? 'earliest',
      signal: this.closing.signal,
      logger: connection.logger,
      untilGivenUp: (place) => this.workers.finished(place),
      onAssigned: () => this.fetching.wake(),
    });
  }

  private createFetchLoop(): FetchLoop {
    return new FetchLoop({
      connection: this.options.connection,
      consumer: this.consumer,
      signal: this.closing.signal,
      partitions: () => this.partitions.all(),
      onRecords: (partition) => this.workers.add(partition),
      onAnswer: () => this.answered(),
      onFailure: () => this.failed(),
      onMetadata: (metadata) => this.compare(metadata),
    });
  }

  private watch(): void {
    const { consumer } = this;
    consumer.on('consumer:group:join', ({ memberId, assignments = [] }) => {
      this.joined = !this.closing.signal.aborted;
      this.lastAnswer = Date.now();
      this.partitions.assign(assignments, memberId);
    });
    // The broker still knows this generation: what is done can be committed before the partitions move.
    consumer.on('consumer:group:rebalance', () => void this.partitions.commit());
    consumer.on('consumer:heartbeat:end', () => {
      this.joined = !this.closing.signal.aborted;
      this.lastAnswer = Date.now();
    });
    consumer.on('consumer:heartbeat:error', () => {
      this.joined = false;
    });
    // It tried to join again, once.
    consumer.on('error', () => void this.join());
  }

  private join(): Promise<void> {
    this.joined = false;
    this.joining ??= this.untilJoined().finally(() => {
      this.joining = undefined;
    });
    return this.joining;
  }

  private async untilJoined(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await this.consumer.joinGroup({});
        return;
      } catch (error) {
        const { connection, groupId } = this.options;
        connection.logger.debug({ groupId, ...errorFields(error) }, 'the group was not joined; that comes again');
        await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private answered(): void {
    this.lastAnswer = Date.now();
    if (!this.options.commitOffsets) this.joined = !this.closing.signal.aborted;
  }

  private failed(): void {
    if (!this.options.commitOffsets) this.joined = false;
  }

  /** Partitions may have been added: then the group shares them out anew. */
  private compare(metadata: ClusterMetadata): void {
    const counts = [...metadata.topics].map(([topic, { partitionsCount }]) => `${topic} ${partitionsCount}`).join();
    if (counts === this.partitionCounts) return;
    const isFirst = this.partitionCounts === undefined;
    this.partitionCounts = counts;
    if (!this.options.commitOffsets) this.partitions.assign(everything(metadata), '');
    else if (!isFirst) void this.join();
  }

  private end(error: Error): void {
    if (this.ended || this.closing.signal.aborted) return;
    this.ended = true;
    this.closing.abort();
    void this.leave();
    this.options.onCrash(error);
  }

  private leave(): Promise<void> {
    this.leaving ??= this.commitAndLeave();
    return this.leaving;
  }

  private async commitAndLeave(): Promise<void> {
    clearInterval(this.committing);
    this.stall.stop();
    this.joined = false;
    await this.partitions.commit();
    const { connection } = this.options;
    await this.consumer.close(true).catch((error: unknown) => {
      connection.logger.debug(errorFields(error), 'the group was not left; it will notice');
    });
  }
}

function everything({ topics }: ClusterMetadata): GroupAssignment[] {
  return [...topics].map(([topic, { partitionsCount }]) => ({
    topic,
    partitions: Array.from({ length: partitionsCount }, (_, index) => index),
  }));
}
