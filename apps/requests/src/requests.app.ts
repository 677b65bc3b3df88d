import { HubDirectory } from '#libs/hub';
import { KafkaBatchStrategy } from '#libs/messaging';
import type { AppOptions } from '#libs/telemetry';
import type { RequestsConfig } from './config.js';
import { RequestsModule } from './requests.module.js';

/** Requests as an app: consumes submissions, emits events, keeps deadlines. Over HTTP it shows only its health and metrics. */
export function requestsApp(config: RequestsConfig): AppOptions {
  const { service, app } = config.hub;
  return {
    name: service,
    module: RequestsModule.forRoot(config),
    host: app.host,
    port: app.port,
    consumer: async (nest) => {
      await nest.get(HubDirectory).ready();
      return nest.get(KafkaBatchStrategy);
    },
  };
}
