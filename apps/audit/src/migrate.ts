import { migrateSchema } from '#libs/hub';
import { runMain } from '#libs/telemetry';
import { auditDatabase } from './database/database-settings.js';

await runMain(() => migrateSchema(process.env, auditDatabase));
