import { setTimeout as pause } from 'node:timers/promises';
// Node finds only some of this CommonJS module's exports by name; the others are members of the whole.
import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import { errorFields } from '../logger.js';
import type { RecordBatch } from '../records.js';
import { CONSUMER_RETRY, createClient, type KafkaConnection } from './kafka-connection.js';
import { toReceivedRecord } from './received-record.js';

/** How often offsets are committed: redelivery is harmless behind an inbox, and each commit is an append at the broker. */
const COMMIT_EVERY_MS = 1_000;
/** The broker's minimum: a consumer that was killed holds its partitions that long. */
const SESSION_TIMEOUT_MS = 6_000;
/** Longer than any rebalance. */
const STALLED_AFTER_MS = 60_000;
/** Before a new start after an error at which kafkajs gives up. */
const START_AGAIN_MS = 1_000;

/** A fetched batch, with the end of its partition at that time. */
export interface FetchedBatch extends RecordBatch {
  readonly highWatermark: bigint;
}

export interface RecordSourceOptions {
  readonly connection: KafkaConnection;
  /** Without the prefix. */
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Partitions handled at the same time. */
  readonly concurrency: number;
  /** False for a reader that starts at the beginning each time. */
  readonly commitOffsets: boolean;
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

/** A Kafka consumer that hands over batches of untouched bytes; the only user of kafkajs' consumer. */
export class RecordSource {
  private readonly consumer: Consumer;
  private readonly closing = new AbortController();
  private timers: NodeJS.Timeout[] = [];
  private latest: EachBatchPayload | undefined;
  private joined = false;
  private ended = false;
  private handlingFailed = false;
  private startingAgain: Promise<void> = Promise.resolve();
  private lastSign = Date.now();
  private lastCheck = Date.now();

  constructor(private readonly options: RecordSourceOptions) {
    const { connection } = options;
    this.consumer = createClient(connection).consumer({
      groupId: connection.topicPrefix + options.groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: SESSION_TIMEOUT_MS / 4,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 500,
      // Without the condition a consumer that fails while it is being stopped would come back to life.
      retry: { ...CONSUMER_RETRY, restartOnFailure: async () => !this.closing.signal.aborted },
      allowAutoTopicCreation: false,
    });
    this.watch();
  }

  /** Joins the group; records flow once the broker has assigned partitions. */
  async start(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      await this.consumer.disconnect();
      throw error;
    }
  }

  /** Lets the running batches finish, commits their offsets and leaves the group. */
  async stop(): Promise<void> {
    this.closing.abort();
    for (const timer of this.timers) clearInterval(timer);
    await this.startingAgain;
    await this.commit();
    await this.consumer.disconnect();
    this.joined = false;
  }

  liveness(): Liveness {
    if (this.ended) return { live: false, reason: 'The consumer has crashed.' };
    if (!this.joined) return { live: false, reason: 'The consumer has not joined its group.' };
    if (this.isStalled()) return { live: false, reason: 'The consumer has stalled.' };
    return { live: true, reason: 'The consumer is at work.' };
  }

  private async run(): Promise<void> {
    const { topics, connection } = this.options;
    await this.consumer.connect();
    await this.consumer.subscribe({
      topics: topics.map((topic) => connection.topicPrefix + topic),
      fromBeginning: true,
    });
    await this.consume();
    this.timers = [
      setInterval(() => void this.commit(), COMMIT_EVERY_MS),
      setInterval(() => this.checkForStall(), this.stalledAfterMs / 4),
    ];
    for (const timer of this.timers) timer.unref();
  }

  private async consume(): Promise<void> {
    await this.consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: this.options.concurrency,
      eachBatch: (payload) => this.receive(payload),
    });
  }

  /**
   * kafkajs restarts a consumer by itself only after errors that it knows to pass. It ends at others that pass as well: an "unknown" error of the broker,
   * or "Broker not connected", its own race with a broker that comes back.
   */
  private async startAgain(error: Error): Promise<void> {
    const { signal } = this.closing;
    const { connection, groupId } = this.options;
    connection.logger.warn({ groupId, ...errorFields(error) }, 'the consumer has ended and starts again');
    await pause(START_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await this.consume().catch((failure: Error) => this.end(failure));
  }

  private get stalledAfterMs(): number {
    return this.options.stalledAfterMs ?? STALLED_AFTER_MS;
  }

  private isStalled(): boolean {
    return Date.now() - this.lastSign > this.stalledAfterMs;
  }

  private checkForStall(): void {
    const sinceLastCheck = Date.now() - this.lastCheck;
    this.lastCheck = Date.now();
    // Whoever was stopped itself has heard nothing for that reason, and begins to count now.
    if (sinceLastCheck > this.stalledAfterMs / 2) this.lastSign = Date.now();
    if (this.joined && this.isStalled()) this.end(new Error('The consumer has stalled.'));
  }

  private end(error: Error): void {
    if (this.ended || this.closing.signal.aborted) return;
    this.ended = true;
    this.options.onCrash(error);
  }

  private watch(): void {
    const { consumer } = this;
    const { events } = consumer;
    const sign = (): void => {
      this.lastSign = Date.now();
    };
    for (const event of [events.FETCH, events.HEARTBEAT, events.END_BATCH_PROCESS] as const) consumer.on(event, sign);
    consumer.on(events.GROUP_JOIN, () => {
      sign();
      this.joined = true;
    });
    // The broker still knows this generation: what is done can be committed before the partitions move.
    consumer.on(events.REBALANCING, () => void this.commit());
    consumer.on(events.CRASH, ({ payload }) => {
      this.joined = false;
      if (payload.restart || this.closing.signal.aborted) return;
      if (this.handlingFailed) this.end(payload.error);
      else this.startingAgain = this.startAgain(payload.error);
    });
  }

  private async receive(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    let interruption: unknown;
    const heartbeat = async (): Promise<void> => {
      try {
        await payload.heartbeat();
      } catch (error) {
        interruption = error;
        throw error;
      }
    };
    try {
      await this.options.handle(this.toBatch(payload, heartbeat));
    } catch (error) {
      if (interruption === undefined) this.handlingFailed = true;
      // What kafkajs threw it must get back, untouched by the layers between: it then rejoins.
      throw interruption ?? new kafkajs.KafkaJSNonRetriableError(error instanceof Error ? error : String(error));
    }
    payload.resolveOffset(batch.lastOffset());
    this.latest = payload;
    // While it stops, kafkajs ignores commits from outside of a batch.
    if (this.closing.signal.aborted) await this.commit();
  }

  private toBatch({ batch }: EachBatchPayload, heartbeat: () => Promise<void>): FetchedBatch {
    const topic = batch.topic.slice(this.options.connection.topicPrefix.length);
    const { partition } = batch;
    return {
      topic,
      partition,
      records: batch.messages.map((message) => toReceivedRecord(topic, partition, message)),
      highWatermark: BigInt(batch.highWatermark),
      heartbeat,
      signal: this.closing.signal,
    };
  }

  /** A commit that fails is made up by the next one, or by a redelivery. */
  private async commit(): Promise<void> {
    if (!this.options.commitOffsets || !this.latest) return;
    try {
      const offsets = this.latest.uncommittedOffsets();
      if (offsets.topics.length > 0) await this.latest.commitOffsetsIfNecessary(offsets);
    } catch (error) {
      this.options.connection.logger.debug(errorFields(error), 'offsets were not committed');
    }
  }
}
