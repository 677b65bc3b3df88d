import { z } from 'zod';
import { flag, type LogLevel, listenHost, listenPort, logLevel, readEnvironment } from '#libs/config';

/** What every app has in common. */
export interface AppSettings {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  /** The end of standard input means that the parent is gone: end too. */
  readonly endWithParent: boolean;
}

/**
 * Reads `SERAI_<APP>_HOST` (127.0.0.1), `SERAI_<APP>_PORT` (`defaultPort`), `SERAI_LOG_LEVEL` (info) and `SERAI_PARENT_PIPE`.
 *
 * @param app name in kebab-case: `access-point` has `SERAI_ACCESS_POINT_PORT`
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readAppSettings(env: NodeJS.ProcessEnv, app: string, defaultPort: number): AppSettings {
  const prefix = `SERAI_${app.toUpperCase().replaceAll('-', '_')}`;
  const own = z.object({ [`${prefix}_HOST`]: listenHost, [`${prefix}_PORT`]: listenPort(defaultPort) });
  const common = z.object({ SERAI_LOG_LEVEL: logLevel, SERAI_PARENT_PIPE: flag });
  const values = readEnvironment(env, own);
  const { SERAI_LOG_LEVEL, SERAI_PARENT_PIPE } = readEnvironment(env, common);
  return {
    host: values[`${prefix}_HOST`] as string,
    port: values[`${prefix}_PORT`] as number,
    logLevel: SERAI_LOG_LEVEL,
    endWithParent: SERAI_PARENT_PIPE,
  };
}
