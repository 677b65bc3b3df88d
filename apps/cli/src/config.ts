import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { readEnvironment, secret, text } from '#libs/config';

export interface CliConfig {
  /** File that keeps the session between commands. */
  readonly sessionFile: string;
  /** Folder from which `.serai/run.json` is looked for, upwards. */
  readonly folder: string;
  /** Data folder of the local community, when it is not `.serai`. */
  readonly dataFolder?: string;
  /** Opens the keystore of an operator of the hub. */
  readonly keystorePassphrase?: string;
}

const variables = z.object({
  XDG_CONFIG_HOME: text.optional(),
  SERAI_DATA_DIR: text.optional(),
  SERAI_KEYSTORE_PASSPHRASE: secret.optional(),
});

/** Where the tool keeps its things: `serai/session.json` in the user's folder for settings. */
export function readConfig(env: NodeJS.ProcessEnv, folder: string): CliConfig {
  const read = readEnvironment(env, variables);
  const settings = read.XDG_CONFIG_HOME ?? path.join(homedir(), '.config');
  return {
    sessionFile: path.join(settings, 'serai', 'session.json'),
    folder,
    dataFolder: read.SERAI_DATA_DIR,
    keystorePassphrase: read.SERAI_KEYSTORE_PASSPHRASE,
  };
}
