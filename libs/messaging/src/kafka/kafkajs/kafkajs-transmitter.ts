import { type Message, Partitioners, type Producer, type RecordMetadata } from 'kafkajs';
import type { OutgoingRecord, RecordPosition } from '../../records.js';
import type { KafkaConnection } from '../kafka-connection.js';
import { ACKNOWLEDGE_WITHIN_MS, type RecordTransmitter } from '../record-transmitter.js';
import { createClient, PRODUCER_RETRY } from './kafkajs-client.js';

/** Produces with kafkajs. */
export class KafkajsTransmitter implements RecordTransmitter {
  private producer: Producer | undefined;
  /** Which partition each message of the request under way went to; the client does not say it per message. */
  private readonly partitions = new WeakMap<Message, number>();

  constructor(private readonly connection: KafkaConnection) {}

  /** Each time with a client of its own: in one that connects again, the end of its old socket fails the requests of the new one, which then go out twice. */
  async connect(): Promise<void> {
    this.producer = createClient(this.connection).producer({
      createPartitioner: () => this.partitioner(),
      retry: PRODUCER_RETRY,
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
    });
    await this.producer.connect();
  }

  async disconnect(): Promise<void> {
    await this.producer?.disconnect();
  }

  async transmit(records: readonly OutgoingRecord[]): Promise<RecordPosition[]> {
    const messages = records.map(toMessage);
    const byTopic = new Map<string, Message[]>();
    records.forEach(({ topic }, index) => {
      const name = this.connection.topicPrefix + topic;
      const ofTopic = byTopic.get(name);
      if (ofTopic) ofTopic.push(messages[index]!);
      else byTopic.set(name, [messages[index]!]);
    });
    const topicMessages = [...byTopic].map(([topic, ofTopic]) => ({ topic, messages: ofTopic }));
    const answers = await this.producer!.sendBatch({ acks: -1, timeout: ACKNOWLEDGE_WITHIN_MS, topicMessages });
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
