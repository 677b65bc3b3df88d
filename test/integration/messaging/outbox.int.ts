import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import {
  KafkaRecordProducer,
  MAX_RECORD_BYTES,
  Outbox,
  OutboxRelay,
  type OutgoingRecord,
  type RecordProducer,
} from '#libs/messaging';
import { inTransaction as transact } from '#libs/persistence';
import { eventually, failOnLeaks } from '#libs/testing';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

let fixture: Fixture;
const outbox = new Outbox();
const relays: OutboxRelay[] = [];

beforeAll(async () => {
  fixture = await createFixture();
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(() => fixture.close());
failOnLeaks();

function startRelay(
  overrides: { producer?: RecordProducer; dataSource?: DataSource; pollMs?: number } = {},
): OutboxRelay {
  const { dataSource, producer, logger } = fixture;
  const relay = new OutboxRelay({ dataSource, producer, logger, pollMs: 60_000, ...overrides });
  relays.push(relay);
  relay.start();
  return relay;
}

const numbered = (topic: string, number: number, key = 'a'): OutgoingRecord => ({
  topic,
  key,
  value: Buffer.from(String(number)),
  headers: { traceparent: `trace-${number}` },
});

const inTransaction = <T>(work: (tx: EntityManager) => Promise<T>) => transact(fixture.dataSource, work);
const addAll = (records: OutgoingRecord[]) => inTransaction((tx) => outbox.add(tx, records));
const numbersIn = async (topic: string) => (await fixture.read(topic)).map(({ value }) => Number(value));
const unsent = async () =>
  (await fixture.dataSource.query('select count(*)::int as count from outbox_record'))[0].count;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const relayWillRetry = expect.objectContaining({
  message: 'the outbox relay will try again',
  fields: expect.objectContaining({ code: 'ERR_BROKER_UNAVAILABLE' }),
});

/** A producer that hands on to the real one when the test lets it. */
class SteeredProducer implements RecordProducer {
  sent = 0;
  constructor(private readonly before: (record: OutgoingRecord) => Promise<void> = async () => undefined) {}
  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}
  async send(record: OutgoingRecord) {
    await this.before(record);
    const position = await fixture.producer.send(record);
    this.sent += 1;
    return position;
  }
}

describe('pitfall 12: emit() loses messages silently', () => {
  it('a record goes out when its transaction commits, woken by the commit', async () => {
    const topic = await fixture.topic();
    startRelay();
    await eventually(async () => expect(await listeners()).toBe(1));
    await addAll(upTo(3).map((number) => numbered(topic, number)));
    // The poll is a minute away.
    await eventually(async () => expect(await unsent()).toBe(0), { timeoutMs: 30_000 });
    const [record] = await fixture.read(topic);
    expect(record).toMatchObject({ key: 'a', value: Buffer.from('1'), headers: { traceparent: 'trace-1' } });
    expect(await numbersIn(topic)).toEqual([1, 2, 3]);
  });

  it('a rollback takes the record back', async () => {
    const topic = await fixture.topic();
    startRelay();
    const work = inTransaction(async (tx) => {
      await outbox.add(tx, [numbered(topic, 1)]);
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    await addAll([numbered(topic, 2)]);
    await eventually(async () => expect(await numbersIn(topic)).toEqual([2]));
  });

  it('what was added while no relay ran goes out when one starts, in order, more than fits one look', async () => {
    const topic = await fixture.topic();
    for (const start of [0, 400, 800]) await addAll(upTo(400).map((number) => numbered(topic, start + number)));
    startRelay();
    await eventually(async () => expect(await unsent()).toBe(0));
    expect(await numbersIn(topic)).toEqual(upTo(1_200));
  });

  it('a transaction that commits later than its neighbour is not skipped', async () => {
    const topic = await fixture.topic();
    startRelay();
    const added = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const slow = inTransaction(async (tx) => {
      await outbox.add(tx, [numbered(topic, 1, 'slow')]);
      added.resolve();
      await release.promise;
    });
    await added.promise;
    await addAll([numbered(topic, 2, 'fast')]);
    await eventually(async () => expect(await numbersIn(topic)).toEqual([2]));
    release.resolve();
    await slow;
    await eventually(async () => expect(await numbersIn(topic)).toEqual([2, 1]));
  });

  it('refuses a record that no producer would take, before the commit', async () => {
    const topic = await fixture.topic();
    const huge = { topic, key: 'a', value: Buffer.alloc(MAX_RECORD_BYTES) };
    await expect(addAll([numbered(topic, 1), huge])).rejects.toMatchObject({ code: 'ERR_ENVELOPE_TOO_LARGE' });
    expect(await unsent()).toBe(0);
  });

  it('adding nothing asks nothing of the database', async () => {
    const query = jest.spyOn(fixture.dataSource, 'query');
    await outbox.add(fixture.dataSource.manager, []);
    expect(query).not.toHaveBeenCalled();
    query.mockRestore();
  });

  it('a relay that died between send and delete sends again: a duplicate, nothing lost', async () => {
    const topic = await fixture.topic();
    const other = await fixture.database.connect();
    const producer = new SteeredProducer();
    const send = producer.send.bind(producer);
    producer.send = async (record) => {
      const position = await send(record);
      if (producer.sent === 5) await fixture.database.terminateConnections();
      return position;
    };
    await addAll(upTo(5).map((number) => numbered(topic, number)));
    startRelay({ dataSource: other, producer });
    await eventually(async () => expect(await unsent()).toBe(0));
    const numbers = await numbersIn(topic);
    expect(numbers).toEqual([...upTo(5), ...upTo(5)]);
  });

  it('keeps everything while the broker is away, and its order', async () => {
    const topic = await fixture.topic();
    const { network, connection } = await fixture.network();
    const producer = new KafkaRecordProducer(connection);
    await producer.connect();
    startRelay({ producer });
    network.cut();
    for (const number of upTo(20)) await addAll([numbered(topic, number)]);
    await eventually(() => expect(fixture.logger.entries).toContainEqual(relayWillRetry));
    expect(await unsent()).toBe(20);
    network.restore();
    await eventually(async () => expect(await unsent()).toBe(0));
    // A request that the broker took and could not acknowledge comes twice; never in another order.
    expect([...new Set(await numbersIn(topic))]).toEqual(upTo(20));
    await relays.splice(0)[0]!.stop();
    await producer.disconnect();
  });

  it('goes on after the server has ended its connections', async () => {
    const topic = await fixture.topic();
    startRelay({ pollMs: 200 });
    for (const number of upTo(5)) {
      await eventually(() => addAll([numbered(topic, number)]));
      await fixture.database.terminateConnections();
    }
    await eventually(async () => expect(await unsent()).toBe(0));
    expect([...new Set(await numbersIn(topic))]).toEqual(upTo(5));
  });
});

describe('several instances of a service', () => {
  it('have one relay; another takes over when it ends', async () => {
    const topic = await fixture.topic();
    const producers = upTo(3).map(() => new SteeredProducer());
    for (const producer of producers)
      startRelay({ producer, pollMs: 100, dataSource: await fixture.database.connect() });
    for (const number of upTo(50)) await addAll([numbered(topic, number)]);
    await eventually(async () => expect(await unsent()).toBe(0));
    expect(producers.filter(({ sent }) => sent > 0)).toHaveLength(1);
    const leader = producers.findIndex(({ sent }) => sent > 0);
    await relays[leader]!.stop();
    for (const number of upTo(50)) await addAll([numbered(topic, 50 + number)]);
    await eventually(async () => expect(await unsent()).toBe(0));
    expect(producers.filter(({ sent }) => sent > 0)).toHaveLength(2);
    expect(await numbersIn(topic)).toEqual(upTo(100));
  });

  it('add to one key in turns, in the order of their commits, whichever of them has the relay', async () => {
    const topic = await fixture.topic();
    const instances = [fixture.dataSource, await fixture.database.connect()];
    const producer = new SteeredProducer();
    startRelay({ producer });
    await eventually(async () => expect(await listeners()).toBe(1));
    for (const number of upTo(60)) {
      // Some of one's own in a row, and one that is rolled back among them.
      const dataSource = instances[number % 5 === 0 ? 1 : 0]!;
      if (number % 7 === 0) await transact(dataSource, (tx) => rolledBack(tx, topic)).catch(() => undefined);
      await transact(dataSource, (tx) => outbox.add(tx, [numbered(topic, number)]));
    }
    await eventually(async () => expect(await unsent()).toBe(0));
    expect(await numbersIn(topic)).toEqual(upTo(60));
    expect(producer.sent).toBe(60);
  });

  it('forgets what was sent without a flush, and gives its connection back as it was', async () => {
    const dataSource = await fixture.database.connect();
    const sessions = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
    const clients = (await Promise.all(sessions.map((session) => session.connect()))) as Client[];
    const settings = async () => {
      const answers = await Promise.all(clients.map((client) => client.query('show synchronous_commit')));
      return answers.map(({ rows: [row] }) => row.synchronous_commit);
    };
    expect(await settings()).toEqual(['on', 'on']);
    // One is for the relay, the other for what wakes it.
    const create = jest.spyOn(dataSource, 'createQueryRunner');
    for (const session of sessions) create.mockReturnValueOnce(session);
    const relay = startRelay({ dataSource });
    await eventually(async () => expect(await settings()).toEqual(['off', 'off']));
    await relay.stop();
    expect(await settings()).toEqual(['on', 'on']);
  });

  it('stop() ends also while the pool is being closed', async () => {
    const dataSource = await fixture.database.connect();
    const relay = startRelay({ dataSource });
    await eventually(async () => expect(await listeners()).toBe(1));
    await Promise.all([dataSource.destroy(), relay.stop()]);
  });

  it('stop() finishes the send under way and forgets what was sent', async () => {
    const topic = await fixture.topic();
    const underWay = Promise.withResolvers<void>();
    const producer = new SteeredProducer(async () => {
      underWay.resolve();
      await pause(100);
    });
    await addAll(upTo(10).map((number) => numbered(topic, number)));
    const relay = startRelay({ producer });
    await underWay.promise;
    await relay.stop();
    expect(await unsent()).toBe(0);
    expect(await numbersIn(topic)).toEqual(upTo(10));
  });
});

async function rolledBack(tx: EntityManager, topic: string): Promise<never> {
  await tx.query("insert into outbox_record (topic, key, value, headers) values ($1, 'a', '', '{}')", [topic]);
  throw new Error('rolled back');
}

async function listeners(): Promise<number> {
  const rows = await fixture.dataSource.query(
    `select 1 from pg_stat_activity where datname = current_database() and query like 'select pg_notify(channel%'`,
  );
  return rows.length;
}
