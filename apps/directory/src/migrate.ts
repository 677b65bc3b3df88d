import { migrateSchema } from '#libs/hub';
import { runMain } from '#libs/telemetry';
import { directoryDatabase } from './database/database-settings.js';

await runMain(() => migrateSchema(process.env, directoryDatabase));
