import { type HubSettings, readHubSettings } from '#libs/hub';

/** Settings of requests: what every service of the hub has. */
export interface RequestsConfig {
  readonly hub: HubSettings;
}

/**
 * Reads the environment of requests: the common variables of hub services.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readRequestsConfig(env: NodeJS.ProcessEnv): RequestsConfig {
  return { hub: readHubSettings(env, 'requests', 4102) };
}
