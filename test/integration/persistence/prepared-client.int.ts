import type { Client } from 'pg';
import { inTransaction, PreparedClient, together } from '#libs/persistence';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { Account, CreateAccounts } from './support.js';

describe('a connection that prepares', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await testDatabase({ entities: [Account], migrations: [CreateAccounts] });
  });

  afterAll(() => database.drop());

  failOnLeaks();

  it('keeps the plan of a statement with parameters, and of no other', async () => {
    await inTransaction(database.dataSource, async (tx) => {
      for (const id of [1, 2, 3]) await tx.query('select balance from account where id = $1', [id]);
      await tx.query('select balance from account');
      const kept = await tx.query("select statement from pg_prepared_statements where statement like '%balance%'");
      expect(kept).toEqual([{ statement: 'select balance from account where id = $1' }]);
    });
  });

  it('takes several statements at once where there are no parameters', async () => {
    await database.dataSource.query('select 1; update account set balance = 100');
    expect(await database.dataSource.query('select distinct balance from account')).toEqual([{ balance: 100 }]);
  });

  it('sends no statement of a transaction outside of it: a connection that is lost behind its begin loses all', async () => {
    const changed = inTransaction(database.dataSource, async (tx) => {
      const [{ pid }] = await tx.query('select pg_backend_pid() as pid');
      await tx.query('update account set balance = 0');
      await database.dataSource.query('select pg_terminate_backend($1)', [pid]);
      await tx.query('update account set balance = 1');
    });
    await expect(changed).rejects.toThrow();
    expect(await database.dataSource.query('select distinct balance from account')).toEqual([{ balance: 100 }]);
  });

  it('that breaks while nobody listens to it ends no process: its user is told when asking', async () => {
    const client: Client = new PreparedClient(database.url);
    await client.connect();
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    const { rows } = await client.query('select pg_backend_pid() as pid');
    await database.dataSource.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await ended;
    await expect(client.query('select 1')).rejects.toThrow('not queryable');
  });

  it('writes what is given before a wait at once: a transaction of two waits takes two writes', async () => {
    const session = database.dataSource.createQueryRunner();
    const { connection } = (await session.connect()) as Client;
    const writes = [jest.spyOn(connection.stream, '_writev'), jest.spyOn(connection.stream, '_write')];
    const written = (): number => writes.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    await session.startTransaction();
    const read = (id: number) => session.query('select balance from account where id = $1', [id]);
    expect(await together([read(1), read(2)])).toEqual([[{ balance: 100 }], [{ balance: 100 }]]);
    expect(written()).toBe(1);
    await together([read(1), session.commitTransaction()]);
    expect(written()).toBe(2);
    await session.release();
  });

  it('refuses a wrong value with the error of the server, and goes on', async () => {
    const failed = inTransaction(database.dataSource, (tx) =>
      tx.query('update account set balance = $1::int', ['not a number']),
    );
    await expect(failed).rejects.toMatchObject({ driverError: { code: '22P02' } });
    await database.dataSource.query('update account set balance = $1::int', ['100']);
    expect(await database.dataSource.query('select distinct balance from account')).toEqual([{ balance: 100 }]);
  });
});
