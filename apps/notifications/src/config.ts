import { type HubSettings, readHubSettings } from '#libs/hub';

/** Settings of notifications: what every service of the hub has. */
export interface NotificationsConfig {
  readonly hub: HubSettings;
}

/**
 * Reads the environment of notifications: the common variables of hub services.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readNotificationsConfig(env: NodeJS.ProcessEnv): NotificationsConfig {
  return { hub: readHubSettings(env, 'notifications', 4103) };
}
