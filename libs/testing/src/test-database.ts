import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { type DatabaseSettings, dataSourceOptions, runMigrations } from '#libs/persistence';
import { testPostgresUrl } from './test-broker.js';

/** Entities and migrations of the service under test; the schema is `test` when left out. */
export type TestDatabaseOptions = Partial<Omit<DatabaseSettings, 'url'>>;

export interface TestDatabase {
  /** Superuser's URL of this database. */
  readonly url: string;
  readonly settings: DatabaseSettings;
  /** Connected and migrated; destroyed by {@link drop}. */
  readonly dataSource: DataSource;
  /** One more data source on the same database, as a second instance of the service would have; destroyed by {@link drop}. */
  connect(overrides?: Partial<DatabaseSettings>): Promise<DataSource>;
  /** Ends every connection to the database, as a crash of the server would. */
  terminateConnections(): Promise<void>;
  drop(): Promise<void>;
}

/**
 * A fresh, migrated PostgreSQL database for one test file.
 *
 * @example
 * let database: TestDatabase;
 * beforeAll(async () => { database = await testDatabase({ schema: 'requests', entities: [Leg], migrations: [CreateLegs] }); });
 * afterAll(() => database.drop());
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const name = `serai_test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`create database ${name}`);
  const url = new URL(testPostgresUrl());
  url.pathname = name;
  const settings = { schema: 'test', entities: [], migrations: [], ...options, url: url.href };
  const opened: DataSource[] = [];
  const connect = async (overrides: Partial<DatabaseSettings> = {}): Promise<DataSource> => {
    const dataSource = await new DataSource(dataSourceOptions({ ...settings, ...overrides })).initialize();
    opened.push(dataSource);
    return dataSource;
  };
  const dataSource = await connect();
  await runMigrations(dataSource);
  return {
    url: url.href,
    settings,
    dataSource,
    connect,
    terminateConnections: () =>
      asAdmin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`),
    drop: async () => {
      for (const each of opened) if (each.isInitialized) await each.destroy();
      await asAdmin(`drop database ${name} with (force)`);
    },
  };
}

async function asAdmin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: testPostgresUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
