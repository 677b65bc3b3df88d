import type { OutgoingRecord, RecordPosition } from '../records.js';

/** What a client does for {@link KafkaRecordProducer}: one request at a time. */
export interface RecordTransmitter {
  connect(): Promise<void>;
  /**
   * Sends the records in one request per broker with `acks=all` and returns their positions in the given order; when it rejects, none counts as sent.
   * A record's partition follows from its key by Kafka's own rule (murmur2), whichever the client: keys stay where they are when clients change.
   */
  transmit(records: readonly OutgoingRecord[]): Promise<RecordPosition[]>;
  disconnect(): Promise<void>;
}

/** The broker's patience with its own replicas. */
export const ACKNOWLEDGE_WITHIN_MS = 10_000;
