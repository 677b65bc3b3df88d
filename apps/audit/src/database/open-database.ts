import { DataSource } from 'typeorm';
import { assertSchemaCurrent, dataSourceOptions } from '#libs/persistence';
import { auditDatabase } from './database-settings.js';

/** For the commands of operators; whoever opens it closes it. */
export async function openDatabase(url: string): Promise<DataSource> {
  const dataSource = await new DataSource(dataSourceOptions(auditDatabase(url))).initialize();
  await assertSchemaCurrent(dataSource);
  return dataSource;
}
