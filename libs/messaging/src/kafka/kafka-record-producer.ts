import { type Message, Partitioners, type Producer, type RecordMetadata } from 'kafkajs';
import { SeraiError } from '#libs/errors';
import type { OutgoingRecord, RecordPosition, RecordProducer } from '../records.js';
import { CoalescingQueue } from './coalescing-queue.js';
import { createClient, type KafkaConnection, PRODUCER_RETRY } from './kafka-connection.js';

const ACKNOWLEDGE_WITHIN_MS = 10_000;

/**
 * Produces with `acks=all`. Callers await their own record; records that arrive while a request is under way go out together in the next one.
 *
 * @example
 * const producer = new KafkaRecordProducer({ brokers, clientId: 'gateway', topicPrefix: '', logger });
 * await producer.connect();
 * const { partition, offset } = await producer.send({ topic: 'requests.submissions', key: legId, value: Buffer.from(jws) });
 */
export class KafkaRecordProducer implements RecordProducer {
  private readonly producer: Producer;
  private readonly queue: CoalescingQueue<RecordPosition>;
  /** Which partition each message of the request under way went to; the client does not say it per message. */
  private readonly partitions = new WeakMap<Message, number>();

  constructor(private readonly connection: KafkaConnection) {
    this.producer = createClient(connection).producer({
      createPartitioner: () => this.partitioner(),
      retry: PRODUCER_RETRY,
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
    });
    this.queue = new CoalescingQueue((records) => this.transmit(records));
  }

  async connect(): Promise<void> {
    await this.producer.connect();
  }

  async send(record: OutgoingRecord): Promise<RecordPosition> {
    try {
      return await this.queue.push(record);
    } catch (cause) {
      throw refusal(cause, record);
    }
  }

  async disconnect(): Promise<void> {
    await this.queue.idle();
    await this.producer.disconnect();
  }

  private async transmit(records: readonly OutgoingRecord[]): Promise<RecordPosition[]> {
    const messages = records.map(toMessage);
    const byTopic = new Map<string, Message[]>();
    records.forEach(({ topic }, index) => {
      const name = this.connection.topicPrefix + topic;
      const ofTopic = byTopic.get(name);
      if (ofTopic) ofTopic.push(messages[index]!);
      else byTopic.set(name, [messages[index]!]);
    });
    const topicMessages = [...byTopic].map(([topic, ofTopic]) => ({ topic, messages: ofTopic }));
    const answers = await this.producer.sendBatch({ acks: -1, timeout: ACKNOWLEDGE_WITHIN_MS, topicMessages });
    return this.positionsOf(records, messages, answers);
  }

  /** The broker answers one base offset per partition; a partition's records lie behind it in the order of the request. */
  private positionsOf(
    records: readonly OutgoingRecord[],
    messages: readonly Message[],
    answers: readonly RecordMetadata[],
  ): RecordPosition[] {
    const next = new Map(
      answers.map(({ topicName, partition, baseOffset }) => [`${topicName}\n${partition}`, BigInt(baseOffset!)]),
    );
    return messages.map((message, index) => {
      const partition = this.partitions.get(message)!;
      const place = `${this.connection.topicPrefix}${records[index]!.topic}\n${partition}`;
      const offset = next.get(place)!;
      next.set(place, offset + 1n);
      return { partition, offset };
    });
  }

  private partitioner(): ReturnType<typeof Partitioners.DefaultPartitioner> {
    const choose = Partitioners.DefaultPartitioner();
    return (args) => {
      const partition = choose(args);
      this.partitions.set(args.message, partition);
      return partition;
    };
  }
}

function toMessage(record: OutgoingRecord): Message {
  return { key: record.key, value: record.value, headers: { ...record.headers } };
}

function refusal(cause: unknown, record: OutgoingRecord): SeraiError {
  if (cause instanceof RangeError) {
    return new SeraiError('ERR_ENVELOPE_TOO_LARGE', `${cause.message} Send less.`, { detail: { topic: record.topic } });
  }
  return new SeraiError('ERR_BROKER_UNAVAILABLE', 'The message broker did not acknowledge. Try again later.', {
    cause,
    detail: { topic: record.topic },
  });
}
