import { setTimeout as pause } from 'node:timers/promises';
// Node finds only some of this CommonJS module's exports by name; the others are members of the whole.
import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import { errorFields } from '../../logger.js';
import {
  COMMIT_EVERY_MS,
  type FetchedBatch,
  type Liveness,
  type RecordSource,
  type RecordSourceOptions,
  SESSION_TIMEOUT_MS,
} from '../record-source.js';
import { StallWatch } from '../stall-watch.js';
import { CONSUMER_RETRY, createClient } from './kafkajs-client.js';
import { toReceivedRecord } from './received-record.js';

/** Before a new start after an error at which kafkajs gives up. */
const START_AGAIN_MS = 1_000;

/** Consumes with kafkajs. */
export class KafkajsRecordSource implements RecordSource {
  private readonly consumer: Consumer;
  private readonly closing = new AbortController();
  private committing: NodeJS.Timeout | undefined;
  private latest: EachBatchPayload | undefined;
  /** Offset behind the last record that was handled of each partition. */
  private readonly handled = new Map<string, bigint>();
  private joined = false;
  private ended = false;
  private handlingFailed = false;
  private startingAgain: Promise<void> = Promise.resolve();
  private lastSign = Date.now();
  private readonly stall: StallWatch;

  constructor(private readonly options: RecordSourceOptions) {
    const { connection, stalledAfterMs } = options;
    this.stall = new StallWatch(() => this.lastSign, stalledAfterMs);
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

  async start(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      await this.consumer.disconnect();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.closing.abort();
    clearInterval(this.committing);
    this.stall.stop();
    await this.startingAgain;
    await this.commit();
    await this.consumer.disconnect();
    this.joined = false;
  }

  liveness(): Liveness {
    if (this.ended) return { live: false, reason: 'The consumer has crashed.' };
    if (!this.joined) return { live: false, reason: 'The consumer has not joined its group.' };
    if (this.stall.isStalled) return { live: false, reason: 'The consumer has stalled.' };
    return { live: true, reason: 'The consumer is at work.' };
  }

  private async run(): Promise<void> {
    const { topics, connection, startAt } = this.options;
    await this.consumer.connect();
    for (const topic of topics) {
      // Where kafkajs finds no offset it begins here: it can not be sent to the end.
      const fromBeginning = startAt?.(topic, 0) !== 'latest';
      await this.consumer.subscribe({ topic: connection.topicPrefix + topic, fromBeginning });
    }
    await this.consume();
    this.committing = setInterval(() => void this.commit(), COMMIT_EVERY_MS);
    this.committing.unref();
    this.stall.start((error) => {
      if (this.joined) this.end(error);
    });
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

  /** A reader without group begins where its user says, and goes on where it was; the broker would send it to the beginning each time it joins. */
  private seek(assignment: Readonly<Record<string, number[]>>): void {
    const { startAt, connection } = this.options;
    if (!startAt) return;
    for (const [topic, partitions] of Object.entries(assignment)) {
      const name = topic.slice(connection.topicPrefix.length);
      for (const partition of partitions) {
        const start = this.handled.get(`${topic} ${partition}`) ?? startAt(name, partition);
        if (typeof start === 'bigint') this.consumer.seek({ topic, partition, offset: start.toString() });
      }
    }
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
    consumer.on(events.GROUP_JOIN, ({ payload }) => {
      sign();
      this.seek(payload.memberAssignment);
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
    this.handled.set(`${batch.topic} ${batch.partition}`, BigInt(batch.lastOffset()) + 1n);
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
