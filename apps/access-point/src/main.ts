import { runApp, runMain } from '#libs/telemetry';
import { accessPointApp } from './access-point.app.js';
import { readConfig, readSecrets } from './config.js';

await runMain(async () => {
  const config = readConfig(process.env);
  const app = await accessPointApp(config, readSecrets(process.env));
  await runApp({ ...app, endWithParent: config.app.endWithParent });
});
