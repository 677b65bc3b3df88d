import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { v7 } from 'uuid';
import { parkedTopic, type TopicDefinition } from '#libs/contracts';
import {
  createTopics,
  KafkaBatchStrategy,
  type KafkaConnection,
  KafkaRecordProducer,
  type MessagingLogger,
  type RecordBatch,
} from '#libs/messaging';
import type { BareRecordRepository } from './bare-record.repository.js';
import type { BareSettings, InsertMode } from './protocol.js';

/** As many partitions as the topics of requests have. */
const TOPIC: TopicDefinition = {
  name: 'records',
  partitions: 4,
  key: 'aggregate id',
  writtenBy: 'bench',
  summary: 'Bytes that mean nothing.',
};
const GROUP = 'bare';
/** No consumer starts without the topic of its parked records. */
const PARKED: TopicDefinition = { ...TOPIC, name: parkedTopic(TOPIC.name, GROUP), partitions: 1 };
/** Records between producer and table: enough to keep both at work, few enough that neither waits for the other to end. */
const MOST_UNDER_WAY = 2_000;

const drop = (): void => undefined;
const complain = (fields: object, message: string): void => console.error(message, fields);
// A new topic has no leader for a moment: that is a warning.
const logger: MessagingLogger = { debug: drop, info: drop, warn: drop, error: complain };

/** Produce with coalescing -> consume -> INSERT, on the same port, broker and server as the apps: no signatures, no rules, no outbox. */
export class BarePipeline {
  private mode: InsertMode = 'set-based';
  private inserted = 0;
  private moved = Promise.withResolvers<void>();
  private readonly connection: KafkaConnection;
  private readonly producer: KafkaRecordProducer;
  private readonly consumer: KafkaBatchStrategy;

  constructor(
    private readonly settings: BareSettings,
    private readonly repository: BareRecordRepository,
  ) {
    this.connection = { brokers: settings.brokers, clientId: 'bench-bare', topicPrefix: 'bench.bare.', logger };
    this.producer = new KafkaRecordProducer(this.connection);
    this.consumer = new KafkaBatchStrategy({
      connection: this.connection,
      groupId: GROUP,
      concurrency: TOPIC.partitions,
      metrics: { consumerLag: drop, recordsDone: drop, batchRetried: drop },
      onCrash: (error) => this.moved.reject(error),
    });
    this.consumer.addHandler(TOPIC.name, (batch: RecordBatch) => this.store(batch), true);
  }

  async start(): Promise<void> {
    await createTopics({ ...this.connection, topics: [TOPIC, PARKED] });
    await this.producer.connect();
    await new Promise<void>((resolve, reject) => {
      this.consumer.listen((error) => (error ? reject(error) : resolve()));
    });
  }

  async stop(): Promise<void> {
    await this.consumer.close();
    await this.producer.disconnect();
  }

  /** Puts that many records through; from the first `send` to the last committed row. Returns records per second. */
  async measure(mode: InsertMode, count: number): Promise<number> {
    await this.repository.clear();
    this.mode = mode;
    this.inserted = 0;
    const value = randomBytes(Math.ceil(this.settings.recordBytes / 2))
      .toString('hex')
      .slice(0, this.settings.recordBytes);
    const records = Array.from({ length: count }, () => ({ topic: TOPIC.name, key: v7(), value: Buffer.from(value) }));
    const begun = performance.now();
    const sending: Promise<unknown>[] = [];
    for (const [sent, record] of records.entries()) {
      while (sent - this.inserted >= MOST_UNDER_WAY) await this.moved.promise;
      sending.push(this.producer.send(record));
    }
    await Promise.all(sending);
    while (this.inserted < count) await this.moved.promise;
    const seconds = (performance.now() - begun) / 1000;
    const rows = await this.repository.count();
    if (rows !== count) throw new Error(`${count} records were sent, ${rows} rows are there`);
    return count / seconds;
  }

  private async store({ records }: RecordBatch): Promise<void> {
    await this.repository.insert(this.mode, records);
    this.inserted += records.length;
    this.moved.resolve();
    this.moved = Promise.withResolvers<void>();
  }
}
