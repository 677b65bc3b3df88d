import { inTransaction, together } from '#libs/persistence';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { Account, CreateAccounts } from './support.js';

describe('statements that travel together', () => {
  let database: TestDatabase;
  const total = async () =>
    (await database.dataSource.query('select sum(balance)::int as total from account'))[0].total;

  beforeAll(async () => {
    database = await testDatabase({ entities: [Account], migrations: [CreateAccounts] });
  });

  afterAll(() => database.drop());

  failOnLeaks();

  it('have their results in order', async () => {
    const results = await inTransaction(database.dataSource, (tx) =>
      together([tx.query('select $1::int as n', [1]), Promise.resolve('two'), tx.query('select $1::int as n', [3])]),
    );
    expect(results).toEqual([[{ n: 1 }], 'two', [{ n: 3 }]]);
  });

  it('fail as one, with the first failure of its own; what is behind it never runs outside of the transaction', async () => {
    const before = await total();
    for (let run = 0; run < 50; run += 1) {
      const failed = inTransaction(database.dataSource, (tx) => {
        const add = () => tx.query('update account set balance = balance + $1', [1]);
        const chain = async () => {
          await add();
          // Something between two statements, like a signature, while the other one fails.
          for (let turn = 0; turn < run; turn += 1) await Promise.resolve();
          await add();
        };
        return together([chain(), tx.query('select $1::int / 0', [1])]);
      });
      await expect(failed).rejects.toMatchObject({ driverError: { code: '22012' } });
    }
    expect(await total()).toBe(before);
  });
});
