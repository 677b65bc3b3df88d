import { setTimeout as pause } from 'node:timers/promises';
import { type CustomTransportStrategy, type MessageHandler as NestHandler, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { parkedTopic } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import { assertTopicsExist } from '../kafka/assert-topics.js';
import { createRecordSource } from '../kafka/clients.js';
import { untilConsumed } from '../kafka/group-progress.js';
import type { KafkaConnection } from '../kafka/kafka-connection.js';
import type { FetchedBatch, Liveness, RecordSource } from '../kafka/record-source.js';
import { errorFields } from '../logger.js';
import type { MessagingMetrics } from '../metrics.js';

/** Between two tries to start. */
const START_AGAIN_MS = 1_000;

export interface KafkaBatchStrategyOptions {
  readonly connection: KafkaConnection;
  /** Consumer group: the app. */
  readonly groupId: string;
  /** Partitions handled at the same time; at least as many as this instance will own keeps a slow one from holding up the others. */
  readonly concurrency: number;
  readonly metrics: MessagingMetrics;
  /** Called when the consumer has ended and will not come back. Log the error and exit with code 1. */
  readonly onCrash: (error: Error) => void;
  /** Without a sign of life from the consumer for this long it counts as stalled; 60 s when left out. */
  readonly stalledAfterMs?: number;
}

/**
 * Nest transport that hands whole batches of untouched bytes to handlers: one `@EventPattern(topic)` per topic, whose payload is a
 * {@link RecordBatch}. Offsets move after the handler has resolved, at most once a second. A handler that rejects ends the consumer, unless the
 * partition was to be given up: let an {@link InboxConsumer} do the work. While the broker is away it waits to start, and is not live. Does not start when a topic,
 * or the topic of its parked records, is missing.
 *
 * @example
 * app.connectMicroservice({ strategy: new KafkaBatchStrategy({ connection, groupId: 'requests', concurrency: 4, metrics, onCrash }) });
 */
export class KafkaBatchStrategy extends Server implements CustomTransportStrategy {
  private source: RecordSource | undefined;
  private starting: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();
  private readonly started = Promise.withResolvers<Promise<void>>();

  constructor(private readonly options: KafkaBatchStrategyOptions) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.starting = this.start();
    this.starting.then(() => callback(), callback);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.starting.catch(() => undefined);
    await this.source?.stop();
  }

  /** Whether the consumer is in its group and fetching; for readiness. */
  liveness(): Liveness {
    return this.source?.liveness() ?? { live: false, reason: 'The consumer has not started.' };
  }

  /**
   * Resolves when the group has handled everything that its topics held when this consumer started: what comes in later is new. Work that must not
   * run ahead of waiting records (timers) begins then. Resolves also when the consumer is closed; never when it does not start.
   */
  async caughtUp(): Promise<void> {
    await this.started.promise;
  }

  override on(): never {
    throw new TypeError('This transport emits no events; ask liveness().');
  }

  override unwrap(): never {
    throw new TypeError('The Kafka client stays inside libs/messaging.');
  }

  private async start(): Promise<void> {
    const topics = [...this.messageHandlers.keys()];
    for (const topic of topics) assertSoleHandler(topic, this.messageHandlers.get(topic)!);
    const { connection, groupId } = this.options;
    const { signal } = this.closing;
    for (let failures = 0; !signal.aborted && !this.source; failures += 1) {
      try {
        this.source = await this.startSource(topics);
        if (failures > 0)
          connection.logger.info({ groupId, failures }, 'the broker is there: the consumer has started');
      } catch (error) {
        if (isSeraiError(error) && error.row.disposition === 'fatal') throw error;
        if (failures === 0)
          connection.logger.warn({ groupId, ...errorFields(error) }, 'the consumer waits for the broker');
        await pause(START_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    if (!signal.aborted) this.started.resolve(untilConsumed({ connection, groupId, topics }, signal));
  }

  private async startSource(topics: readonly string[]): Promise<RecordSource> {
    const { connection, groupId, concurrency, onCrash, stalledAfterMs } = this.options;
    await assertTopicsExist(connection, [...topics, ...topics.map((topic) => parkedTopic(topic, groupId))]);
    const source = createRecordSource({
      connection,
      groupId,
      topics,
      concurrency,
      commitOffsets: true,
      handle: (batch) => this.handle(batch),
      onCrash,
      ...(stalledAfterMs === undefined ? {} : { stalledAfterMs }),
    });
    await source.start();
    return source;
  }

  private async handle(batch: FetchedBatch): Promise<void> {
    const { topic, partition, records, highWatermark } = batch;
    this.options.metrics.consumerLag(topic, partition, highWatermark - records[0]!.offset);
    const handler = this.messageHandlers.get(topic)!;
    const answer = this.transformToObservable(await handler(batch));
    await lastValueFrom(answer, { defaultValue: undefined });
    this.options.metrics.consumerLag(topic, partition, highWatermark - records.at(-1)!.offset - 1n);
  }
}

function assertSoleHandler(topic: string, handler: NestHandler): void {
  if (!handler.isEventHandler) throw new TypeError(`${topic}: records are no requests; use @EventPattern.`);
  if (handler.next) throw new TypeError(`${topic}: two handlers would run at once and again together; have one.`);
}
