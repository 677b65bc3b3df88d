import type { DataSource } from 'typeorm';
import { FreshRows } from '../fresh-rows.js';
import type { UnsentRecord } from './outbox.repository.js';

const ofSource = new WeakMap<DataSource, FreshRows<UnsentRecord>>();

/** What transactions of this process have just added to its outbox, for its relay. */
export function freshRecordsOf(dataSource: DataSource): FreshRows<UnsentRecord> {
  const fresh = ofSource.get(dataSource) ?? new FreshRows<UnsentRecord>(({ id }) => BigInt(id));
  ofSource.set(dataSource, fresh);
  return fresh;
}
