import { z } from 'zod';
import { readEnvironment, text } from '#libs/config';
import { type HubSettings, readHubSettings } from '#libs/hub';
import { isKeyName } from '#libs/transparency-log';

/** Settings of audit: what every service of the hub has, and which log it keeps. */
export interface AuditConfig {
  readonly hub: HubSettings;
  /** The log's identity, in every checkpoint: a name without scheme, as `hub.example/audit/2026`. */
  readonly origin: string;
  /** Where the log's checkpoint and tiles lie as files. */
  readonly logFolder: string;
}

/** Injection token of {@link AuditConfig}. */
export const AUDIT_CONFIG = Symbol('serai.audit-config');

const variables = z.object({
  SERAI_AUDIT_ORIGIN: z.string().refine(isKeyName, 'must be the name of a log, like hub.example/audit/2026'),
  SERAI_AUDIT_LOG_FOLDER: text,
});

/**
 * Reads the environment of audit: the common variables of hub services, `SERAI_AUDIT_ORIGIN` and `SERAI_AUDIT_LOG_FOLDER`.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readAuditConfig(env: NodeJS.ProcessEnv): AuditConfig {
  const values = readEnvironment(env, variables);
  return {
    hub: readHubSettings(env, 'audit', 4104),
    origin: values.SERAI_AUDIT_ORIGIN,
    logFolder: values.SERAI_AUDIT_LOG_FOLDER,
  };
}
