import type { DataSource } from 'typeorm';
import { FreshRows } from '../fresh-rows.js';
import type { OutgoingRecord } from '../records.js';

/** An outbox row as the relay reads it. */
export interface UnsentRecord extends OutgoingRecord {
  readonly id: string;
}

const ofSource = new WeakMap<DataSource, FreshRows<UnsentRecord>>();

/** What transactions of this process have just added to its outbox, for its relay. */
export function freshRecordsOf(dataSource: DataSource): FreshRows<UnsentRecord> {
  const fresh = ofSource.get(dataSource) ?? new FreshRows<UnsentRecord>(({ id }) => BigInt(id));
  ofSource.set(dataSource, fresh);
  return fresh;
}
