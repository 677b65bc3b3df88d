/** A record to be produced. The topic is named without the prefix; headers are plain strings, `traceparent` (W3C Trace Context) among them. */
export interface OutgoingRecord {
  readonly topic: string;
  /** Aggregate id (UUID): records of one key keep their order. */
  readonly key: string;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where the broker stored a record. */
export interface RecordPosition {
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Port to the broker for writing. A record that was sent is on disk of every in-sync replica.
 *
 * Records of one key keep the order of their `send` calls, also across failures: when one fails, those of its key that wait behind it fail too.
 */
export interface RecordProducer {
  connect(): Promise<void>;
  /**
   * @throws SeraiError ERR_BROKER_UNAVAILABLE when the broker did not acknowledge (it may have stored the record nevertheless),
   *   ERR_ENVELOPE_TOO_LARGE when the record exceeds {@link MAX_RECORD_BYTES}
   */
  send(record: OutgoingRecord): Promise<RecordPosition>;
  /** Waits for what was handed in, then closes. */
  disconnect(): Promise<void>;
}

/** A record as it was read: the bytes are the producer's, untouched. */
export interface ReceivedRecord {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Empty when the record had none. Bytes that are no text are shown as U+FFFD. */
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** When the broker appended it. */
  readonly appendedAt: Date;
}

/** Consecutive records of one partition, as one fetch brought them. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ReceivedRecord[];
  /** Says to the broker that this consumer lives; call it between steps of long work. Rejects when the partition is to be given up: let it pass. */
  heartbeat(): Promise<void>;
  /** Aborted when the process shuts down: work that only waits gives up, work under way finishes. */
  readonly signal?: AbortSignal;
}

/** Largest record, key, value and headers together: an event of the hub with its cause, both of the largest size, fits. In bytes. */
export const MAX_RECORD_BYTES = 4 * 1_048_576;

/** Size of a record as the limit counts it, in bytes. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = Buffer.byteLength(record.key) + record.value.length;
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return bytes;
}
