import { runApp, runMain } from '#libs/telemetry';
import { auditApp } from './audit.app.js';
import { readAuditConfig } from './config.js';

await runMain(async () => {
  const config = readAuditConfig(process.env);
  await runApp({ ...auditApp(config), endWithParent: config.hub.app.endWithParent });
});
