import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { assertSchemaCurrent, dataSourceOptions, runMigrations, schemaDrift } from '#libs/persistence';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { Account, AddOwner, CreateAccounts } from './support.js';

jest.setTimeout(60_000);

describe('migrations on PostgreSQL', () => {
  let database: TestDatabase;
  const opened: DataSource[] = [];

  const open = async (schema: string, ...migrations: (typeof CreateAccounts | typeof AddOwner)[]) => {
    const options = dataSourceOptions({ url: database.url, schema, entities: [Account], migrations });
    const dataSource = await new DataSource(options).initialize();
    opened.push(dataSource);
    return dataSource;
  };

  beforeAll(async () => {
    database = await testDatabase();
  });

  afterAll(async () => {
    for (const dataSource of opened) await dataSource.destroy();
    await database.drop();
  });

  failOnLeaks();

  it('creates the schema and runs what is pending, once', async () => {
    const dataSource = await open('fresh', CreateAccounts);
    expect(await runMigrations(dataSource)).toEqual(['CreateAccounts1763776800001']);
    expect(await runMigrations(dataSource)).toEqual([]);
    const [{ schema }] = await dataSource.query(
      `select table_schema as schema from information_schema.tables where table_name = 'account'`,
    );
    expect(schema).toBe('fresh');
  });

  it('lets one of several concurrent migrators work while the others wait', async () => {
    const migrators = await Promise.all([1, 2, 3, 4].map(() => open('contested', CreateAccounts, AddOwner)));
    const ran = await Promise.all(migrators.map(runMigrations));
    expect(ran.flat()).toEqual(['CreateAccounts1763776800001', 'AddOwner1763776800002']);
    expect(ran.filter((names) => names.length === 0)).toHaveLength(3);
  });

  it('releases the lock when a migration fails', async () => {
    class Broken extends AddOwner {
      override readonly name = 'Broken1763776800003' as never;
      override async up(): Promise<void> {
        throw new Error('no such column');
      }
    }
    const broken = await open('broken', CreateAccounts, Broken);
    const printed = jest.spyOn(console, 'log').mockImplementation();
    await expect(runMigrations(broken)).rejects.toThrow('no such column');
    printed.mockRestore();
    const mended = await open('broken', CreateAccounts, AddOwner);
    expect(await runMigrations(mended)).toEqual(['AddOwner1763776800002']);
  });

  it('needs no privilege on the database where the schema exists', async () => {
    const role = `keeper_${randomBytes(6).toString('hex')}`;
    await database.dataSource.query(`create role ${role} login password 'kept'`);
    await database.dataSource.query(`create schema kept authorization ${role}`);
    const url = Object.assign(new URL(database.url), { username: role, password: 'kept' }).href;
    const options = dataSourceOptions({ url, schema: 'kept', entities: [Account], migrations: [CreateAccounts] });
    const dataSource = await new DataSource(options).initialize();
    try {
      expect(await runMigrations(dataSource)).toHaveLength(1);
      await expect(dataSource.query('create schema stolen')).rejects.toThrow('permission denied');
    } finally {
      await dataSource.destroy();
      await database.dataSource.query(`drop owned by ${role} cascade`);
      await database.dataSource.query(`drop role ${role}`);
    }
  });

  it('refuses a schema that nobody migrated, with the command that does', async () => {
    const dataSource = await open('never_migrated', CreateAccounts);
    await expect(assertSchemaCurrent(dataSource)).rejects.toMatchObject({
      code: 'ERR_DATABASE_SCHEMA',
      message:
        'The database schema "never_migrated" is older than this program: CreateAccounts1763776800001 did not run. ' +
        'Run "node dist/apps/never-migrated/src/migrate.js", then start again.',
    });
  });

  it('refuses an older schema and names what is missing', async () => {
    await runMigrations(await open('older', CreateAccounts));
    const newer = await open('older', CreateAccounts, AddOwner);
    await expect(assertSchemaCurrent(newer)).rejects.toMatchObject({
      code: 'ERR_DATABASE_SCHEMA',
      message: expect.stringContaining('is older than this program: AddOwner1763776800002 did not run.'),
    });
  });

  it('refuses a newer schema and names what it does not know', async () => {
    await runMigrations(await open('newer', CreateAccounts, AddOwner));
    const older = await open('newer', CreateAccounts);
    await expect(assertSchemaCurrent(older)).rejects.toMatchObject({
      code: 'ERR_DATABASE_SCHEMA',
      message:
        'The database schema "newer" is newer than this program: it holds AddOwner1763776800002. ' +
        'Start the version that brought them.',
    });
  });

  it('accepts the current schema', async () => {
    const dataSource = await open('current', CreateAccounts, AddOwner);
    await runMigrations(dataSource);
    await expect(assertSchemaCurrent(dataSource)).resolves.toBeUndefined();
  });

  it('shows drift between entities and migrations, and only then', async () => {
    const agreed = await open('agreed', CreateAccounts);
    await runMigrations(agreed);
    expect(await schemaDrift(agreed)).toEqual([]);
    const drifted = await open('drifted', CreateAccounts, AddOwner);
    await runMigrations(drifted);
    expect(await schemaDrift(drifted)).toEqual([expect.stringContaining('DROP COLUMN "owner"')]);
  });
});
