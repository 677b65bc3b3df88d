import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
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
import { usageOf } from '../processes/process-usage.js';
import { distributionOf } from '../statistics/distribution.js';
import type { ClientFigures, ClientReport, ClientSettings } from './protocol.js';

/** As a service of the hub that follows several domains. */
const TOPICS = 4;
const GROUP = 'clients';
const WARM_UP = { rate: 200, seconds: 4 };
const MIB = 1_048_576;
/** A record begins with the time at which it was to be sent, in so many characters. */
const TIME_LENGTH = 24;

const drop = (): void => undefined;
const complain = (fields: object, message: string): void => console.error(message, fields);
// A new topic has no leader for a moment: that is a warning.
const logger: MessagingLogger = { debug: drop, info: drop, warn: drop, error: complain };

/** A process with a producer and a consumer of four topics, both of one client, on the port that the apps use. */
export class ClientLoad {
  private readonly connection: KafkaConnection;
  private readonly producer: KafkaRecordProducer;
  private readonly consumer: KafkaBatchStrategy;
  private readonly topics: readonly TopicDefinition[];
  private readonly filling: string;
  private latencies: number[] = [];
  private moved = Promise.withResolvers<void>();

  constructor(private readonly settings: ClientSettings) {
    const { client, brokers, recordBytes } = settings;
    this.connection = { brokers, clientId: 'bench-clients', topicPrefix: `bench.${v7()}.`, logger, client };
    this.producer = new KafkaRecordProducer(this.connection);
    this.consumer = new KafkaBatchStrategy({
      connection: this.connection,
      groupId: GROUP,
      concurrency: 4,
      metrics: { consumerLag: drop, recordsDone: drop, batchRetried: drop },
      onCrash: (error) => this.moved.reject(error),
    });
    this.filling = 'x'.repeat(Math.max(0, recordBytes - TIME_LENGTH));
    this.topics = Array.from({ length: TOPICS }, (_, index) => ({
      name: `records-${index}`,
      partitions: 4,
      key: 'aggregate id',
      writtenBy: 'bench',
      summary: 'Bytes that mean nothing.',
    }));
    for (const { name } of this.topics)
      this.consumer.addHandler(name, (batch: RecordBatch) => this.receive(batch), true);
  }

  async measure(): Promise<ClientReport> {
    // No consumer starts without the topics of its parked records.
    const parked = this.topics.map((topic) => ({ ...topic, name: parkedTopic(topic.name, GROUP), partitions: 1 }));
    await createTopics({ ...this.connection, topics: [...this.topics, ...parked] });
    await this.producer.connect();
    await new Promise<void>((resolve, reject) => {
      this.consumer.listen((error) => (error ? reject(error) : resolve()));
    });
    await this.load(WARM_UP.rate, WARM_UP.seconds);
    const figures: ClientFigures[] = [];
    for (const rate of this.settings.rates) figures.push(await this.observe(rate));
    const memoryMiB = process.memoryUsage.rss() / MIB;
    await this.consumer.close();
    await this.producer.disconnect();
    return { figures, memoryMiB };
  }

  private async observe(rate: number): Promise<ClientFigures> {
    const { seconds } = this.settings;
    const [begun, broker, own] = [performance.now(), this.brokerCpuSeconds(), process.cpuUsage()];
    if (rate === 0) await pause(seconds * 1000);
    else await this.load(rate, seconds);
    const { user, system } = process.cpuUsage(own);
    const brokerAfter = this.brokerCpuSeconds();
    const took = (performance.now() - begun) / 1000;
    const latency = distributionOf(this.latencies);
    return {
      rate,
      cpuMsPerSecond: (user + system) / 1000 / took,
      ...(broker === undefined || brokerAfter === undefined
        ? {}
        : { brokerCpuMsPerSecond: ((brokerAfter - broker) * 1000) / took }),
      ...(rate === 0 || !latency ? {} : { latency }),
    };
  }

  /** Sends at a constant rate, whether or not earlier records have arrived, until all have. */
  private async load(rate: number, seconds: number): Promise<void> {
    this.latencies = [];
    const count = rate * seconds;
    const begun = performance.now();
    const sending: Promise<unknown>[] = [];
    for (let sent = 0; sent < count; sent += 1) {
      const due = begun + (sent * 1000) / rate;
      const wait = due - performance.now();
      if (wait > 0) await pause(wait);
      const value = Buffer.from(String(due).padEnd(TIME_LENGTH) + this.filling);
      sending.push(this.producer.send({ topic: this.topics[sent % TOPICS]!.name, key: v7(), value }));
    }
    await Promise.all(sending);
    while (this.latencies.length < count) await this.moved.promise;
  }

  private async receive({ records }: RecordBatch): Promise<void> {
    const now = performance.now();
    for (const { value } of records) this.latencies.push(now - Number(value.toString('latin1', 0, TIME_LENGTH)));
    this.moved.resolve();
    this.moved = Promise.withResolvers<void>();
  }

  private brokerCpuSeconds(): number | undefined {
    const { brokerPid } = this.settings;
    return brokerPid === undefined ? undefined : usageOf([brokerPid])?.get(brokerPid)?.cpuSeconds;
  }
}
