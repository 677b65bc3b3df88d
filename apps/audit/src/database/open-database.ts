import { DataSource } from 'typeorm';
import { assertSchemaCurrent, dataSourceOptions } from '#libs/persistence';
import { auditDatabase } from './database-settings.js';

/** For the commands of operators, and for logs that are read only; whoever opens it closes it. */
export async function openDatabase(...database: Parameters<typeof auditDatabase>): Promise<DataSource> {
  const dataSource = await new DataSource(dataSourceOptions(auditDatabase(...database))).initialize();
  await assertSchemaCurrent(dataSource);
  return dataSource;
}
