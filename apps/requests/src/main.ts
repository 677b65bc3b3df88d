import { runApp, runMain } from '#libs/telemetry';
import { readRequestsConfig } from './config.js';
import { requestsApp } from './requests.app.js';

await runMain(async () => {
  const config = readRequestsConfig(process.env);
  await runApp({ ...requestsApp(config), endWithParent: config.hub.app.endWithParent });
});
