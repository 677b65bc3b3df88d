import { randomUUID } from 'node:crypto';
import type { ReceivedRecord } from '../records.js';
import { createRecordSource } from './clients.js';
import type { KafkaConnection } from './kafka-connection.js';
import type { FetchedBatch, Liveness, RecordSource } from './record-source.js';
import { topicEnds } from './topic-ends.js';

export interface TopicReaderOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  /** Start of the group's name: the app and what it reads for, `requests-directory`. */
  readonly name: string;
  /** Gets every record, in order within a partition, perhaps more than once. When it rejects the reader ends and reports a crash. */
  readonly handle: (record: ReceivedRecord) => Promise<void>;
  /** Called when the reader has ended and will not come back. Log the error and exit with code 1. */
  readonly onCrash: (error: Error) => void;
}

/**
 * Reads a whole topic from its beginning, each time it starts, and goes on following it: for replicas that live in memory.
 *
 * @example
 * const reader = new TopicReader({ connection, topic: TOPICS.directoryEvents.name, name: 'requests-directory', handle, onCrash });
 * await reader.start();
 * await reader.caughtUp();
 */
export class TopicReader {
  private readonly source: RecordSource;
  private readonly complete = Promise.withResolvers<void>();
  /** Offset up to which each partition must be read to have caught up. */
  private ahead = new Map<number, bigint>();

  constructor(private readonly options: TopicReaderOptions) {
    this.source = createRecordSource({
      connection: options.connection,
      groupId: `${options.name}-${randomUUID()}`,
      topics: [options.topic],
      concurrency: 1,
      commitOffsets: false,
      handle: (batch) => this.receive(batch),
      onCrash: options.onCrash,
    });
  }

  async start(): Promise<void> {
    this.ahead = await topicEnds(this.options.connection, this.options.topic);
    this.settle();
    await this.source.start();
  }

  /** Resolves when everything that the topic held at the start has been handled; at once for an empty topic. */
  caughtUp(): Promise<void> {
    return this.complete.promise;
  }

  async stop(): Promise<void> {
    await this.source.stop();
  }

  liveness(): Liveness {
    return this.source.liveness();
  }

  private async receive(batch: FetchedBatch): Promise<void> {
    for (const record of batch.records) {
      await this.options.handle(record);
      await batch.heartbeat();
    }
    const end = this.ahead.get(batch.partition);
    if (end !== undefined && batch.records.at(-1)!.offset + 1n >= end) this.ahead.delete(batch.partition);
    this.settle();
  }

  private settle(): void {
    if (this.ahead.size === 0) this.complete.resolve();
  }
}
