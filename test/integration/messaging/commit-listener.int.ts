import { CommitListener } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

let fixture: Fixture;
const listeners: CommitListener[] = [];

beforeAll(async () => {
  fixture = await createFixture();
});
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
});
afterAll(() => fixture.close());
failOnLeaks();

/** Counts how often it was woken. */
function listen(channel: string, dataSource = fixture.dataSource): { woken: number } {
  const calls = { woken: 0 };
  const { logger } = fixture;
  const listener = new CommitListener({
    dataSource,
    channel,
    logger,
    wake: () => {
      calls.woken += 1;
    },
  });
  listeners.push(listener);
  listener.start();
  return calls;
}

const notify = (channel: string) => fixture.dataSource.query('select pg_notify($1, $2)', [channel, '']);

describe(CommitListener.name, () => {
  it('wakes once when it begins to listen, for what was missed before', async () => {
    const calls = listen('begins');
    await eventually(() => expect(calls.woken).toBe(1));
  });

  it('wakes at the commit, not before, and not for other channels', async () => {
    const calls = listen('commits');
    await eventually(() => expect(calls.woken).toBe(1));
    await fixture.dataSource.transaction(async (tx) => {
      await tx.query(`select pg_notify('commits', '')`);
      await notify('another');
      expect(calls.woken).toBe(1);
    });
    await eventually(() => expect(calls.woken).toBe(2));
  });

  it('does not wake for a rollback', async () => {
    const calls = listen('rollbacks');
    await eventually(() => expect(calls.woken).toBe(1));
    const failing = fixture.dataSource.transaction(async (tx) => {
      await tx.query(`select pg_notify('rollbacks', '')`);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await notify('rollbacks');
    await eventually(() => expect(calls.woken).toBe(2));
  });

  it('listens again, and wakes, after its connection was killed', async () => {
    const calls = listen('killed');
    await eventually(() => expect(calls.woken).toBe(1));
    await fixture.database.terminateConnections();
    await eventually(() => expect(calls.woken).toBe(2));
    await eventually(() => notify('killed'));
    await eventually(() => expect(calls.woken).toBe(3));
  });

  it('gives its connection back clean: the next user is not notified', async () => {
    const sole = await fixture.database.connect({ poolSize: 1 });
    const calls = listen('cleaned', sole);
    await eventually(() => expect(calls.woken).toBe(1));
    await listeners.pop()!.stop();
    expect(await sole.query('select * from pg_listening_channels()')).toEqual([]);
    await notify('cleaned');
    await sole.query('select 1');
    expect(calls.woken).toBe(1);
  });

  it('stops while the database can not be reached', async () => {
    const lost = await fixture.database.connect();
    await lost.destroy();
    const listener = new CommitListener({
      dataSource: lost,
      channel: 'lost',
      logger: fixture.logger,
      wake: () => undefined,
    });
    listener.start();
    await eventually(() => expect(fixture.logger.entries.at(-1)?.message).toBe('cannot listen for commits'));
    await listener.stop();
  });

  it('refuses a channel name that would have to be quoted', () => {
    const options = { dataSource: fixture.dataSource, logger: fixture.logger, wake: () => undefined };
    for (const channel of ['', 'a b', 'A', 'x; drop table y', 'x'.repeat(64)]) {
      expect(() => new CommitListener({ ...options, channel })).toThrow('is not a channel name');
    }
  });
});
