import type { AppOptions } from '#libs/telemetry';
import type { GatewayConfig } from './config.js';
import { takeBodiesAsBytes } from './envelope/take-bodies-as-bytes.js';
import { GatewayModule } from './gateway.module.js';

/** The gateway as an app: HTTP only. */
export function gatewayApp(config: GatewayConfig): AppOptions {
  return {
    name: config.hub.service,
    module: GatewayModule.forRoot(config),
    host: config.hub.app.host,
    port: config.hub.app.port,
    ...(config.tls ? { tls: config.tls } : {}),
    trustProxy: config.trustProxy,
    configure: takeBodiesAsBytes,
  };
}
