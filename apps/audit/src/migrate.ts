import { z } from 'zod';
import { readEnvironment } from '#libs/config';
import { migrateSchema } from '#libs/hub';
import { runMain } from '#libs/telemetry';
import { auditDatabase } from './database/database-settings.js';
import { earlierLogs, logSchema } from './epoch/earlier-log.js';

const variables = z.object({ SERAI_AUDIT_SCHEMA: logSchema, SERAI_AUDIT_EARLIER: earlierLogs });

await runMain(async () => {
  const { SERAI_AUDIT_SCHEMA: current, SERAI_AUDIT_EARLIER: earlier } = readEnvironment(process.env, variables);
  for (const schema of [...earlier.map((log) => log.schema), current])
    await migrateSchema(process.env, (url) => auditDatabase(url, { schema }));
});
