import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { readEnvironment, text } from '#libs/config';

export interface CliConfig {
  /** File that keeps the session between commands. */
  readonly sessionFile: string;
  /** Folder from which `.serai/run.json` is looked for, upwards. */
  readonly folder: string;
}

const variables = z.object({ XDG_CONFIG_HOME: text.optional() });

/** Where the tool keeps its things: `serai/session.json` in the user's folder for settings. */
export function readConfig(env: NodeJS.ProcessEnv, folder: string): CliConfig {
  const { XDG_CONFIG_HOME: settings = path.join(homedir(), '.config') } = readEnvironment(env, variables);
  return { sessionFile: path.join(settings, 'serai', 'session.json'), folder };
}
