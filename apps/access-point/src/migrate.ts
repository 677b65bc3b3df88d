import { DataSource } from 'typeorm';
import { dataSourceOptions, runMigrations } from '#libs/persistence';
import { runMain } from '#libs/telemetry';
import { readPostgresUrl } from './config.js';
import { databaseSettings } from './database/database-settings.js';

await runMain(async () => {
  const settings = databaseSettings(readPostgresUrl(process.env));
  const dataSource = await new DataSource(dataSourceOptions(settings)).initialize();
  try {
    await runMigrations(dataSource);
  } finally {
    await dataSource.destroy();
  }
});
