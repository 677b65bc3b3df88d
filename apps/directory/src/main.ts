import { runApp, runMain } from '#libs/telemetry';
import { readDirectoryConfig } from './config.js';
import { directoryApp } from './directory.app.js';

await runMain(async () => {
  const config = readDirectoryConfig(process.env);
  await runApp({ ...directoryApp(config), endWithParent: config.hub.app.endWithParent });
});
