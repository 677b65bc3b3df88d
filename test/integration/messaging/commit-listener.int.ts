import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { announceCommit, CommitListener } from '#libs/messaging';
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

/** Counts how often it was woken, with what. */
function listen(channel: string, dataSource = fixture.dataSource): { woken: number; payloads: string[] } {
  const calls = { woken: 0, payloads: [] as string[] };
  const { logger } = fixture;
  const listener = new CommitListener({
    dataSource,
    channel,
    logger,
    wake: (payload) => {
      calls.woken += 1;
      calls.payloads.push(payload);
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

  it('shares one connection with all listeners of its data source, also with those who come later', async () => {
    const shared = await fixture.database.connect({ poolSize: 1 });
    const first = listen('first', shared);
    await eventually(() => expect(first.woken).toBe(1));
    const others = ['second', 'third', 'third'].map((channel) => listen(channel, shared));
    await eventually(() => expect(others.map(({ woken }) => woken)).toEqual([1, 1, 1]));
    await notify('third');
    await eventually(() => expect(others.map(({ woken }) => woken)).toEqual([1, 2, 2]));
    expect(first.woken).toBe(1);
  });

  it('refuses a channel name that would have to be quoted', () => {
    const options = { dataSource: fixture.dataSource, logger: fixture.logger, wake: () => undefined };
    for (const channel of ['', 'a b', 'A', 'x; drop table y', 'x'.repeat(64)]) {
      expect(() => new CommitListener({ ...options, channel })).toThrow('is not a channel name');
    }
  });
});

describe('announced commits', () => {
  it('wake this process at once, and once; others get the same payload', async () => {
    const elsewhere = await fixture.database.connect();
    const [here, there] = [listen('announced'), listen('announced', elsewhere)];
    await eventually(() => expect([here.woken, there.woken]).toEqual([1, 1]));
    announceCommit(fixture.dataSource, 'announced', 'what changed');
    expect(here.payloads).toEqual(['', 'what changed']);
    await eventually(() => expect(there.woken).toBeGreaterThan(1));
    // Where one hears only now that the other has come, both are told to look, with what is announced in that moment.
    const reaches = (from: DataSource, other: { payloads: string[] }) =>
      eventually(() => {
        announceCommit(from, 'announced', 'the same');
        expect(other.payloads).toContain('the same');
      });
    await reaches(fixture.dataSource, there);
    here.payloads.length = 0;
    await reaches(elsewhere, here);
  });

  it('tell others to look where there is more than one payload, or one that is too large', async () => {
    const elsewhere = await fixture.database.connect();
    const [here, there] = [listen('many'), listen('many', elsewhere)];
    await eventually(() => expect([here.woken, there.woken]).toEqual([1, 1]));
    announceCommit(fixture.dataSource, 'many', 'a');
    announceCommit(fixture.dataSource, 'many', 'b');
    expect(here.payloads).toEqual(['', 'a', 'b']);
    await eventually(() => expect(there.woken).toBeGreaterThan(1));
    const before = there.woken;
    announceCommit(fixture.dataSource, 'many', 'x'.repeat(8_000));
    await eventually(() => expect(there.woken).toBeGreaterThan(before));
    expect(new Set(there.payloads)).toEqual(new Set(['']));
    expect(here.payloads.at(-1)).toHaveLength(8_000);
  });

  it('reach others from a process that listens to nothing, and wake nobody of another channel', async () => {
    const silent = await fixture.database.connect();
    const [there, stranger] = [listen('quiet'), listen('loud')];
    await eventually(() => expect([there.woken, stranger.woken]).toEqual([1, 1]));
    announceCommit(silent, 'quiet', 'psst');
    await eventually(() => expect(there.payloads).toEqual(['', 'psst']));
    expect(stranger.woken).toBe(1);
  });

  it('are told to nobody while nobody else is there, and to whoever comes', async () => {
    const [mine, theirs] = [await fixture.database.connect(), await fixture.database.connect()];
    const here = listen('lonely', mine);
    await eventually(() => expect(here.woken).toBe(1));
    const ear = new Client({ connectionString: fixture.database.url });
    await ear.connect();
    const heard: string[] = [];
    ear.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await ear.query('listen lonely');
    try {
      let announced = 0;
      await eventually(
        () => {
          announced += 1;
          announceCommit(mine, 'lonely', String(announced));
          expect(announced).toBeGreaterThan(20);
          expect(heard.filter((payload) => Number(payload) > announced - 20)).toEqual([]);
        },
        { timeoutMs: 20_000 },
      );
      expect(here.woken).toBe(1 + announced);
      expect(heard).toContain('1');
      const there = listen('lonely', theirs);
      // Once for having come, once for what it may have missed.
      await eventually(() => expect(there.payloads).toEqual(['', '']));
      announceCommit(mine, 'lonely', 'again');
      await eventually(() => expect(there.payloads.at(-1)).toBe('again'));
    } finally {
      await ear.end();
    }
  });

  it('of somebody who sends nonsense make a listener look', async () => {
    const heard: string[] = [];
    const wake = (payload: string): void => {
      heard.push(payload);
      if (payload !== '') JSON.parse(payload);
    };
    const { dataSource, logger } = fixture;
    const listener = new CommitListener({ dataSource, channel: 'nonsense', wake, logger });
    listeners.push(listener);
    listener.start();
    await eventually(() => expect(heard).toEqual(['']));
    await fixture.dataSource.query('select pg_notify($1, $2)', ['nonsense', '{']);
    await eventually(() => expect(heard).toEqual(['', '{', '']));
  });

  it('are lost without harm while the database is away', async () => {
    const lost = await fixture.database.connect();
    await lost.destroy();
    announceCommit(lost, 'nowhere', 'anything');
    const there = listen('somewhere');
    await eventually(() => expect(there.woken).toBe(1));
    await notify('somewhere');
    await eventually(() => expect(there.woken).toBe(2));
  });
});
