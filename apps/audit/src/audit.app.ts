import type { AppOptions } from '#libs/telemetry';
import { AuditModule } from './audit.module.js';
import type { AuditConfig } from './config.js';

/** Audit as an app: puts every record of every topic into the log. */
export function auditApp(config: AuditConfig): AppOptions {
  const { service, app } = config.hub;
  return { name: service, module: AuditModule.forRoot(config), host: app.host, port: app.port };
}
