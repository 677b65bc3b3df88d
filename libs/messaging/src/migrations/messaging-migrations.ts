import { CreateMessagingTables } from './1763776800000-create-messaging-tables.js';
import { KeepOutboxRecordsWhole } from './1795392000000-keep-outbox-records-whole.js';

/** Migrations of the tables of this lib, for the list of each service that uses them. */
export const MESSAGING_MIGRATIONS = [CreateMessagingTables, KeepOutboxRecordsWhole] as const;
