import { HubDirectory } from '#libs/hub';
import { KafkaBatchStrategy } from '#libs/messaging';
import type { AppOptions } from '#libs/telemetry';
import type { NotificationsConfig } from './config.js';
import { NotificationsModule } from './notifications.module.js';

/** Notifications as an app: consumes events, serves feeds. */
export function notificationsApp(config: NotificationsConfig): AppOptions {
  const { service, app } = config.hub;
  return {
    name: service,
    module: NotificationsModule.forRoot(config),
    host: app.host,
    port: app.port,
    consumer: async (nest) => {
      await nest.get(HubDirectory).ready();
      return nest.get(KafkaBatchStrategy);
    },
  };
}
