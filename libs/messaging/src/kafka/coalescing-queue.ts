import { MAX_RECORD_BYTES, type OutgoingRecord, recordBytes } from '../records.js';

/** A record on its way, with its caller. */
export interface PendingRecord<Position> {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  resolve(position: Position): void;
  reject(error: unknown): void;
}

/** Records of one request stay below this together, unless one alone is larger. In bytes. */
export const MAX_REQUEST_BYTES = 1_048_576;
/** kafkajs sorts a request's records into partitions in quadratic time: more than this costs more than a second request. */
const MAX_REQUEST_RECORDS = 500;

const keyOf = ({ topic, key }: OutgoingRecord): string => `${topic}\n${key}`;

/**
 * Sends together what arrived while the last request was under way: one request in flight, no timer, no wait when idle.
 * `transmit` sends records in the given order and returns their positions in that order; when it rejects, none counts as sent.
 */
export class CoalescingQueue<Position> {
  private waiting: PendingRecord<Position>[] = [];
  private flight: Promise<void> | undefined;

  constructor(private readonly transmit: (records: readonly OutgoingRecord[]) => Promise<readonly Position[]>) {}

  /** @throws RangeError when the record alone is too large; nothing else is touched by that */
  push(record: OutgoingRecord): Promise<Position> {
    const bytes = recordBytes(record);
    if (bytes > MAX_RECORD_BYTES)
      throw new RangeError(`The record has ${bytes} bytes, ${MAX_RECORD_BYTES} are allowed.`);
    return new Promise((resolve, reject) => {
      this.waiting.push({ record, bytes, resolve, reject });
      this.flight ??= this.drain();
    });
  }

  /** Resolves when nothing is waiting or under way. */
  async idle(): Promise<void> {
    while (this.flight) await this.flight;
  }

  private async drain(): Promise<void> {
    // Callers of the same turn of the event loop travel in the first request already.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.takeBatch();
      try {
        const positions = await this.transmit(batch.map(({ record }) => record));
        for (const [index, pending] of batch.entries()) pending.resolve(positions[index]!);
      } catch (error) {
        this.fail(batch, error);
      }
    }
    this.flight = undefined;
  }

  private takeBatch(): PendingRecord<Position>[] {
    let count = 1;
    let bytes = this.waiting[0]!.bytes;
    while (count < this.waiting.length && count < MAX_REQUEST_RECORDS) {
      bytes += this.waiting[count]!.bytes;
      if (bytes > MAX_REQUEST_BYTES) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  /** Records of the same keys that wait behind must not overtake: they fail with the batch. */
  private fail(batch: readonly PendingRecord<Position>[], error: unknown): void {
    const keys = new Set(batch.map(({ record }) => keyOf(record)));
    const followers = this.waiting.filter(({ record }) => keys.has(keyOf(record)));
    this.waiting = this.waiting.filter(({ record }) => !keys.has(keyOf(record)));
    for (const pending of [...batch, ...followers]) pending.reject(error);
  }
}
