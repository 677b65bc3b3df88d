import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { PersistenceModule } from '#libs/persistence';
import { Readiness, TelemetryModule } from '#libs/telemetry';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { Account, AddOwner, CreateAccounts } from './support.js';

jest.setTimeout(60_000);

describe('PersistenceModule on PostgreSQL', () => {
  const telemetry = TelemetryModule.forRoot({ app: 'persistence-test', logLevel: 'fatal' });
  let database: TestDatabase;

  beforeAll(async () => {
    database = await testDatabase({ entities: [Account], migrations: [CreateAccounts] });
  });

  afterAll(() => database.drop());

  failOnLeaks();

  it('gives the app one connected data source and closes it with the app', async () => {
    const module = await Test.createTestingModule({
      imports: [telemetry, PersistenceModule.forRoot(database.settings)],
    }).compile();
    await module.init();
    const dataSource = module.get(DataSource);
    expect(await dataSource.manager.countBy(Account, { balance: 100 })).toBe(2);
    expect(await module.get(Readiness).report()).toMatchObject({ ready: true, checks: [{ name: 'database' }] });
    await module.close();
    expect(dataSource.isInitialized).toBe(false);
    expect(await module.get(Readiness).report()).toMatchObject({ ready: false, checks: [{ state: 'not-ready' }] });
  });

  it('does not let the app start on an older schema', async () => {
    const settings = { ...database.settings, migrations: [CreateAccounts, AddOwner] };
    const module = await Test.createTestingModule({
      imports: [telemetry, PersistenceModule.forRoot(settings)],
    }).compile();
    await expect(module.init()).rejects.toMatchObject({ code: 'ERR_DATABASE_SCHEMA' });
    await module.close();
  });

  it('refuses a schema name that is none', () => {
    expect(() => PersistenceModule.forRoot({ ...database.settings, schema: 'a; drop schema b' })).toThrow(
      '"a; drop schema b" is not a schema name in snake case.',
    );
  });
});
