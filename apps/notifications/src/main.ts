import { runApp, runMain } from '#libs/telemetry';
import { readNotificationsConfig } from './config.js';
import { notificationsApp } from './notifications.app.js';

await runMain(async () => {
  const config = readNotificationsConfig(process.env);
  await runApp({ ...notificationsApp(config), endWithParent: config.hub.app.endWithParent });
});
