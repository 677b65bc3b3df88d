import { setTimeout as sleep } from 'node:timers/promises';
import { SeraiError } from '#libs/errors';
import type { OutgoingRecord, RecordPosition, RecordProducer } from '../records.js';
import { createTransmitter } from './clients.js';
import { CoalescingQueue } from './coalescing-queue.js';
import type { KafkaConnection } from './kafka-connection.js';
import type { RecordTransmitter } from './record-transmitter.js';

/** A service that ends must not wait for every try at a broker that does not answer: what it did not acknowledge was promised to nobody. */
const LAST_WAIT_MS = 10_000;

/**
 * Produces with `acks=all`. Callers await their own record; records that arrive while a request is under way go out together in the next one.
 *
 * @example
 * const producer = new KafkaRecordProducer({ brokers, clientId: 'gateway', topicPrefix: '', logger });
 * await producer.connect();
 * const { partition, offset } = await producer.send({ topic: 'requests.submissions', key: legId, value: Buffer.from(jws) });
 */
export class KafkaRecordProducer implements RecordProducer {
  private readonly transmitter: RecordTransmitter;
  private readonly queue: CoalescingQueue<RecordPosition>;
  private isClosed = false;

  constructor(connection: KafkaConnection) {
    const transmitter = createTransmitter(connection);
    this.transmitter = transmitter;
    this.queue = new CoalescingQueue((records) => transmitter.transmit(records));
  }

  async connect(): Promise<void> {
    await this.transmitter.connect();
    this.isClosed = false;
  }

  async send(record: OutgoingRecord): Promise<RecordPosition> {
    try {
      // A client may open a connection anew and send what it then refuses.
      if (this.isClosed) throw new Error('the producer is disconnected');
      return await this.queue.push(record);
    } catch (cause) {
      throw refusal(cause, record);
    }
  }

  /** What is under way is waited for, but not for ever. */
  async disconnect(): Promise<void> {
    this.isClosed = true;
    const patience = new AbortController();
    const isOver = sleep(LAST_WAIT_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.queue.idle(), isOver]);
    patience.abort();
    await this.transmitter.disconnect();
  }
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
