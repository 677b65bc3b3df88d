import type { EntityManager } from 'typeorm';
import { inTransaction, isTransient } from '#libs/persistence';
import { eventually, failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { Account, CreateAccounts } from './support.js';

jest.setTimeout(60_000);

/** Resolves for everybody once `count` have arrived. */
function barrier(count: number): () => Promise<void> {
  const all = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    arrived += 1;
    if (arrived >= count) all.resolve();
    return all.promise;
  };
}

const add = (tx: EntityManager, id: number, amount: number) =>
  tx.query('update account set balance = balance + $2 where id = $1', [id, amount]);

describe('transactions on PostgreSQL', () => {
  let database: TestDatabase;
  /** A pooled connection that a test had killed is noticed when it is used next. */
  const query = (sql: string) => eventually(() => database.dataSource.query(sql));
  const balances = async () =>
    (await query('select balance from account order by id')).map(({ balance }: Account) => balance);

  beforeAll(async () => {
    database = await testDatabase({ entities: [Account], migrations: [CreateAccounts] });
  });

  beforeEach(() => query('update account set balance = 100'));

  afterAll(() => database.drop());

  failOnLeaks();

  it('runs the whole transaction again after a deadlock (40P01)', async () => {
    const meet = barrier(2);
    const runs = [0, 0];
    const transfer = (self: number, from: number, to: number) =>
      inTransaction(database.dataSource, async (tx) => {
        runs[self]! += 1;
        await add(tx, from, -10);
        await meet();
        await add(tx, to, 10);
      });
    await Promise.all([transfer(0, 1, 2), transfer(1, 2, 1)]);
    expect(runs.toSorted()).toEqual([1, 2]);
    expect(await balances()).toEqual([100, 100]);
  });

  it('runs the whole transaction again after a serialization failure (40001)', async () => {
    const meet = barrier(2);
    let runs = 0;
    const increment = () =>
      inTransaction(database.dataSource, async (tx) => {
        runs += 1;
        await tx.query('set transaction isolation level repeatable read');
        const [{ balance }] = await tx.query('select balance from account where id = 1');
        await meet();
        await tx.query('update account set balance = $1 where id = 1', [balance + 1]);
      });
    await Promise.all([increment(), increment()]);
    expect(runs).toBe(3);
    expect(await balances()).toEqual([102, 100]);
  });

  it('rolls back and does not run again after any other error', async () => {
    let runs = 0;
    const failing = inTransaction(database.dataSource, async (tx) => {
      runs += 1;
      await add(tx, 1, -10);
      throw new Error('the work failed');
    });
    await expect(failing).rejects.toThrow('the work failed');
    expect(runs).toBe(1);
    expect(await balances()).toEqual([100, 100]);
  });

  it('gives up after ten collisions in a row, with the collision', async () => {
    let runs = 0;
    const colliding = inTransaction(database.dataSource, async (tx) => {
      runs += 1;
      await tx.query(`do $$ begin raise exception 'always' using errcode = '40001'; end $$`);
    });
    await expect(colliding).rejects.toMatchObject({ driverError: { code: '40001' } });
    expect(runs).toBe(10);
  });

  it('does not run again a transaction whose connection was cut, but calls it transient', async () => {
    let runs = 0;
    const cut = inTransaction(database.dataSource, async (tx) => {
      runs += 1;
      await add(tx, 1, -10);
      await database.terminateConnections();
      await add(tx, 2, 10);
    });
    const error = await cut.catch((reason: unknown) => reason);
    expect(isTransient(error)).toBe(true);
    expect(runs).toBe(1);
    expect(await balances()).toEqual([100, 100]);
  });

  it('goes on with new connections after the server ended all of the pool', async () => {
    await Promise.all(Array.from({ length: 5 }, () => database.dataSource.query('select pg_sleep(0.02)')));
    await database.terminateConnections();
    await eventually(() => inTransaction(database.dataSource, (tx) => add(tx, 1, 5)));
    expect(await balances()).toEqual([105, 100]);
  });

  it('keeps no transaction open that a hanging process forgot, and no session of a machine that is gone', async () => {
    const [settings] = await query(
      `select current_setting('idle_in_transaction_session_timeout') as idle, current_setting('tcp_keepalives_idle') as silent,
         current_setting('search_path') as path, current_setting('timezone') as zone`,
    );
    expect(settings).toEqual({ idle: '1min', silent: '10', path: 'test', zone: 'UTC' });
  });
});
