import { CreateMessagingTables } from './1763776800000-create-messaging-tables.js';
import { KeepOutboxRecordsWhole } from './1795392000000-keep-outbox-records-whole.js';
import { KeepDiscardedRecords } from './1795393300000-keep-discarded-records.js';

/** Migrations of the tables of this lib, for the list of each service that uses them. */
export const MESSAGING_MIGRATIONS = [CreateMessagingTables, KeepOutboxRecordsWhole, KeepDiscardedRecords] as const;
