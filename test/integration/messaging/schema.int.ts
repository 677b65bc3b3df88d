import { InboxEntry, MESSAGING_MIGRATIONS, OutboxRecord, ParkedMessage, ProducerPosition } from '#libs/messaging';
import { assertSchemaCurrent, schemaDrift } from '#libs/persistence';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';

jest.setTimeout(60_000);

describe('tables of the messaging lib', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await testDatabase({
      schema: 'drift',
      entities: [InboxEntry, OutboxRecord, ParkedMessage, ProducerPosition],
      migrations: [...MESSAGING_MIGRATIONS],
    });
  });
  afterAll(() => database.drop());
  failOnLeaks();

  it('entities and migration agree', async () => {
    await assertSchemaCurrent(database.dataSource);
    expect(await schemaDrift(database.dataSource)).toEqual([]);
  });

  it('lie in the schema of the service', async () => {
    const tables = await database.dataSource.query(
      `select tablename from pg_tables where schemaname = 'drift' order by tablename`,
    );
    const names = tables.map(({ tablename }: { tablename: string }) => tablename);
    expect(names).toEqual(['inbox_entry', 'migrations', 'outbox_record', 'parked_message', 'producer_position']);
  });

  it('the migration can be taken back', async () => {
    await database.dataSource.undoLastMigration();
    await database.dataSource.runMigrations();
    expect(await schemaDrift(database.dataSource)).toEqual([]);
  });
});
