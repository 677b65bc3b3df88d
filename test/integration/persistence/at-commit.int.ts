import type { EntityManager } from 'typeorm';
import { atCommit, inTransaction } from '#libs/persistence';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { Account, CreateAccounts } from './support.js';

describe('statements that travel with the commit', () => {
  let database: TestDatabase;
  const balances = async (manager: EntityManager = database.dataSource.manager) =>
    (await manager.query('select balance from account order by id')).map(({ balance }: Account) => balance);
  const set = (tx: EntityManager, balance: number) => atCommit(tx, 'update account set balance = $1', [balance]);
  const double = (tx: EntityManager) => atCommit(tx, 'update account set balance = balance * $1', [2]);
  const fail = (tx: EntityManager) => atCommit(tx, 'select $1::int / 0', [1]);

  beforeAll(async () => {
    database = await testDatabase({ entities: [Account], migrations: [CreateAccounts] });
  });
  beforeEach(() => database.dataSource.query('update account set balance = 100'));
  afterAll(() => database.drop());
  failOnLeaks();

  it('run in their order, behind all others', async () => {
    const before = await inTransaction(database.dataSource, async (tx) => {
      await set(tx, 7);
      await double(tx);
      await tx.query('update account set balance = $1', [1]);
      return balances(tx);
    });
    expect(before).toEqual([1, 1]);
    expect(await balances()).toEqual([14, 14]);
  });

  it('are not sent by a transaction that fails', async () => {
    const failed = inTransaction(database.dataSource, async (tx) => {
      await set(tx, 7);
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await balances()).toEqual([100, 100]);
  });

  it.each(['first', 'last'])('fail the transaction, whichever fails: the %s', async (which) => {
    const failed = inTransaction(database.dataSource, async (tx) => {
      await tx.query('update account set balance = $1', [1]);
      if (which === 'first') await fail(tx);
      await set(tx, 7);
      if (which === 'last') await fail(tx);
    });
    await expect(failed).rejects.toMatchObject({ driverError: { code: '22012' } });
    expect(await balances()).toEqual([100, 100]);
    await inTransaction(database.dataSource, (tx) => set(tx, 8));
    expect(await balances()).toEqual([8, 8]);
  });

  it('run again with their transaction after a collision', async () => {
    let runs = 0;
    await inTransaction(database.dataSource, async (tx) => {
      runs += 1;
      await double(tx);
      if (runs === 1) await tx.query(`do $$ begin raise exception 'once' using errcode = '40001'; end $$`);
    });
    expect(await balances()).toEqual([200, 200]);
  });

  it('have the transaction run again when they collide', async () => {
    let runs = 0;
    await inTransaction(database.dataSource, async (tx) => {
      runs += 1;
      await tx.query('set transaction isolation level repeatable read');
      await balances(tx);
      await double(tx);
      if (runs > 1) return;
      await set(database.dataSource.manager, 50);
    });
    expect(runs).toBe(2);
    expect(await balances()).toEqual([100, 100]);
  });

  it('tell of their rows once the transaction has committed, and not when the commit fails', async () => {
    const told: unknown[] = [];
    const setAndTell = (tx: EntityManager, balance: number) =>
      atCommit(
        tx,
        'with changed as (update account set balance = $1 returning balance) select distinct balance from changed',
        [balance],
        (rows) => told.push(...rows),
      );
    await inTransaction(database.dataSource, async (tx) => {
      await setAndTell(tx, 7);
      await balances(tx);
      expect(told).toEqual([]);
    });
    expect(told).toEqual([{ balance: 7 }]);
    const failed = inTransaction(database.dataSource, async (tx) => {
      await tx.query('create temp table twice (id int unique deferrable initially deferred) on commit drop');
      await tx.query('insert into twice values (1), (1)');
      await setAndTell(tx, 8);
    });
    await expect(failed).rejects.toMatchObject({ driverError: { code: '23505' } });
    expect(told).toEqual([{ balance: 7 }]);
    expect(await balances()).toEqual([7, 7]);
  });

  it('run at once where there is no such transaction', async () => {
    await set(database.dataSource.manager, 9);
    expect(await balances()).toEqual([9, 9]);
  });
});
