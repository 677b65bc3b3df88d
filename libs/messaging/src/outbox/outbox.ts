import type { EntityManager } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { MAX_RECORD_BYTES, type OutgoingRecord, recordBytes } from '../records.js';
import { insertOutboxRecords } from './outbox.repository.js';

/**
 * Records that go out if, and only if, the transaction commits; an {@link OutboxRelay} produces them.
 *
 * The relay sends in the order of `add`. Transactions that write records of one key must not overlap: lock the aggregate, or append to the
 * {@link ProducerChain}, before `add`.
 */
export class Outbox {
  /** @throws SeraiError ERR_ENVELOPE_TOO_LARGE for a record that no producer would take */
  async add(tx: EntityManager, records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return;
    for (const record of records) assertSendable(record);
    await insertOutboxRecords(tx, records);
  }
}

function assertSendable(record: OutgoingRecord): void {
  const bytes = recordBytes(record);
  if (bytes <= MAX_RECORD_BYTES) return;
  throw new SeraiError(
    'ERR_ENVELOPE_TOO_LARGE',
    `The record has ${bytes} bytes, ${MAX_RECORD_BYTES} are allowed. Send less.`,
    {
      detail: { topic: record.topic },
    },
  );
}
