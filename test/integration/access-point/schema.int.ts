import { schemaDrift } from '#libs/persistence';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { databaseSettings } from '../../../apps/access-point/src/database/database-settings.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase(databaseSettings('postgres://set-by-the-test'));
});
afterAll(() => database.drop());
failOnLeaks();

describe('schema of the access point', () => {
  it('has no drift between entities and migrations', async () => {
    expect(await schemaDrift(database.dataSource)).toEqual([]);
  });

  it('never lets a row of the access log be changed or removed', async () => {
    const { dataSource } = database;
    await dataSource.query(
      `insert into access_log (entry_id, at, action, subject, officer, operation)
       values (gen_random_uuid(), now(), 'DENIED', 's', 'o-12345678', 'getLeg')`,
    );
    for (const statement of [`update access_log set officer = 'x'`, 'delete from access_log', 'truncate access_log']) {
      await expect(dataSource.query(statement)).rejects.toThrow('neither changed nor removed');
    }
  });

  it('can be undone', async () => {
    for (const _ of database.dataSource.migrations) await database.dataSource.undoLastMigration();
    const left = await database.dataSource.query(
      `select table_name from information_schema.tables where table_schema = 'access_point' and table_name <> 'migrations'`,
    );
    expect(left).toEqual([]);
  });
});
