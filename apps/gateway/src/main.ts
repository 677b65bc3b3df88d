import { runApp, runMain } from '#libs/telemetry';
import { readGatewayConfig } from './config.js';
import { gatewayApp } from './gateway.app.js';

await runMain(async () => {
  const config = readGatewayConfig(process.env);
  await runApp({ ...gatewayApp(config), endWithParent: config.hub.app.endWithParent });
});
