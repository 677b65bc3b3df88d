import { z } from 'zod';
import { readEnvironment, text } from '#libs/config';
import { type HubSettings, readHubSettings } from '#libs/hub';

/** Settings of the directory. */
export interface DirectoryConfig {
  readonly hub: HubSettings;
  /** Path of the founding changes; needed while the directory is empty, compared afterwards where it is given. */
  readonly genesisPath: string | undefined;
}

const variables = z.object({ SERAI_DIRECTORY_GENESIS: text.optional() });

/**
 * Reads the directory's environment: the common variables of hub services and `SERAI_DIRECTORY_GENESIS`.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readDirectoryConfig(env: NodeJS.ProcessEnv): DirectoryConfig {
  const { SERAI_DIRECTORY_GENESIS } = readEnvironment(env, variables);
  return { hub: readHubSettings(env, 'directory', 4101), genesisPath: SERAI_DIRECTORY_GENESIS };
}
