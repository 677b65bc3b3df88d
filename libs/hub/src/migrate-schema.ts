import { DataSource } from 'typeorm';
import { z } from 'zod';
import { logLevel, postgresUrl, readEnvironment } from '#libs/config';
import { type DatabaseSettings, dataSourceOptions, runMigrations } from '#libs/persistence';
import { createLogger } from '#libs/telemetry';

const variables = z.object({ SERAI_POSTGRES_URL: postgresUrl, SERAI_LOG_LEVEL: logLevel });

/**
 * The one-shot `migrate` of a service of the hub: brings its schema up to date and logs what ran. Reads `SERAI_POSTGRES_URL` and `SERAI_LOG_LEVEL`.
 *
 * @example await runMain(() => migrateSchema(process.env, gatewayDatabase))
 */
export async function migrateSchema(
  env: NodeJS.ProcessEnv,
  database: (url: string) => DatabaseSettings,
): Promise<void> {
  const { SERAI_POSTGRES_URL, SERAI_LOG_LEVEL } = readEnvironment(env, variables);
  const settings = database(SERAI_POSTGRES_URL);
  const dataSource = await new DataSource(dataSourceOptions(settings)).initialize();
  try {
    const migrations = await runMigrations(dataSource);
    createLogger({ app: `${settings.schema}-migrate`, level: SERAI_LOG_LEVEL }).info(
      { migrations },
      'schema is current',
    );
  } finally {
    await dataSource.destroy();
  }
}
