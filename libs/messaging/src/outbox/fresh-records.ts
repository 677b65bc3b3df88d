import { freshRowsBySource } from '../fresh-rows.js';
import type { OutgoingRecord } from '../records.js';

/** An outbox row as the relay reads it. */
export interface UnsentRecord extends OutgoingRecord {
  readonly id: string;
}

/** What transactions of this process have just added to its outbox, for its relay. */
export const freshRecordsOf = freshRowsBySource<UnsentRecord>(({ id }) => BigInt(id));
