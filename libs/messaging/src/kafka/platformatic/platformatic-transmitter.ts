import { compatibilityPartitioner, type MessageToProduce, ProduceAcks, Producer } from '@platformatic/kafka';
import type { OutgoingRecord, RecordPosition } from '../../records.js';
import type { KafkaConnection } from '../kafka-connection.js';
import { ACKNOWLEDGE_WITHIN_MS, type RecordTransmitter } from '../record-transmitter.js';
import { clientOptions } from './platformatic-options.js';

/** Produces with @platformatic/kafka. */
export class PlatformaticTransmitter implements RecordTransmitter {
  private producer: Producer;

  constructor(private readonly connection: KafkaConnection) {
    this.producer = this.create();
  }

  private create(): Producer {
    return new Producer({
      ...clientOptions(this.connection),
      timeout: ACKNOWLEDGE_WITHIN_MS,
      // One or two seconds of trying, then the caller hears of it: the relay and the senders have more patience.
      retries: 2,
      retryDelay: (_client, _operation, attempt) => 100 * 2 ** attempt,
    });
  }

  async connect(): Promise<void> {
    // One that was closed stays closed.
    if (this.producer.closed) this.producer = this.create();
    await this.producer.connectToBrokers();
  }

  async disconnect(): Promise<void> {
    await this.producer.close();
  }

  async transmit(records: readonly OutgoingRecord[]): Promise<RecordPosition[]> {
    const topics = [...new Set(records.map(({ topic }) => this.connection.topicPrefix + topic))];
    const { topics: known } = await this.producer.metadata({ topics });
    const messages = records.map((record) => {
      const topic = this.connection.topicPrefix + record.topic;
      return toMessage(topic, record, known.get(topic)!.partitionsCount);
    });
    const { offsets } = await this.producer.send({ messages, acks: ProduceAcks.ALL });
    // The broker answers one base offset per partition; a partition's records lie behind it in the order of the request.
    const next = new Map(offsets!.map(({ topic, partition, offset }) => [`${topic}\n${partition}`, offset]));
    return messages.map(({ topic, partition }) => {
      const place = `${topic}\n${partition}`;
      const offset = next.get(place)!;
      next.set(place, offset + 1n);
      return { partition, offset };
    });
  }
}

function toMessage(
  topic: string,
  { key, value, headers = {} }: OutgoingRecord,
  partitions: number,
): MessageToProduce & { readonly partition: number } {
  const message = { topic, key: Buffer.from(key), value };
  return {
    ...message,
    headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    // The library's own choice is another than Kafka's, which all other clients make.
    partition: compatibilityPartitioner(message, message.key) % partitions,
  };
}
