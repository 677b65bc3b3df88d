import { KafkaBatchStrategy } from '#libs/messaging';
import type { AppOptions } from '#libs/telemetry';
import type { DirectoryConfig } from './config.js';
import { DirectoryModule } from './directory.module.js';

/** The directory as an app: consumes changes, serves snapshots. */
export function directoryApp(config: DirectoryConfig): AppOptions {
  const { service, app } = config.hub;
  return {
    name: service,
    module: DirectoryModule.forRoot(config),
    host: app.host,
    port: app.port,
    consumer: (nest) => nest.get(KafkaBatchStrategy),
  };
}
