import { randomUUID } from 'node:crypto';
import { v7 as uuid7 } from 'uuid';
import { SeraiError } from '#libs/errors';
import { eventually, failOnLeaks } from '#libs/testing';
import { committedOffsets } from './support/admin.js';
import { newInbox, type RunningConsumer, startConsumer, startTransport } from './support/consumer.js';
import { EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture, GROUP, newMetrics } from './support/fixture.js';

jest.setTimeout(60_000);

let fixture: Fixture;
let consumer: RunningConsumer | undefined;

beforeAll(async () => {
  fixture = await createFixture();
});
afterEach(async () => {
  await consumer?.stop();
  consumer = undefined;
});
afterAll(() => fixture.close());
failOnLeaks();

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

async function sendAll(topic: string, key: string, count: number): Promise<void> {
  await Promise.all(upTo(count).map((number) => fixture.producer.send(recordOf(topic, key, { number }))));
}

describe('pitfall 11: at-least-once means duplicates', () => {
  it('the same message twice has one effect: in one batch, in two, and on two partitions', async () => {
    const topic = await fixture.topic(4);
    const id = uuid7();
    const keys = Array.from({ length: 6 }, () => randomUUID());
    const { registry, metrics } = newMetrics(fixture.dataSource);
    for (const key of keys) await fixture.producer.send(recordOf(topic, key, { id, number: 1 }));
    await Promise.all(keys.map((key) => fixture.producer.send(recordOf(topic, key, { id, number: 1 }))));
    consumer = await startConsumer(fixture, topic, new EffectHandler(), { metrics });
    await fixture.producer.send(recordOf(topic, keys[0]!, { id, number: 1 }));
    await eventually(async () => {
      expect(await registry.metrics()).toContain(
        `serai_consumer_records_total{topic="${topic}",outcome="duplicate"} 12`,
      );
    });
    expect(await fixture.dataSource.query('select count(*)::int from effect where message_id = $1', [id])).toEqual([
      { count: 1 },
    ]);
  });

  it('a crash after the transaction and before the offset has one effect', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const { network, connection } = await fixture.network();
    const inbox = newInbox(fixture, new EffectHandler());
    await sendAll(topic, key, 50);
    const dying = await startTransport(fixture, [topic], {
      connection,
      receive: async (batch) => {
        await inbox.process(batch);
        network.cut();
      },
    });
    await eventually(async () => expect(await fixture.effects(key)).toEqual(upTo(50)));
    await dying.stop();
    expect(await committedOffsets(fixture, topic)).toEqual([-1n]);
    const { registry, metrics } = newMetrics(fixture.dataSource);
    consumer = await startConsumer(fixture, topic, new EffectHandler(), { metrics });
    await eventually(async () => {
      expect(await registry.metrics()).toContain(
        `serai_consumer_records_total{topic="${topic}",outcome="duplicate"} 50`,
      );
    });
    expect(await fixture.effects(key)).toEqual(upTo(50));
  });

  it('a topic that is read again from its beginning has no further effect', async () => {
    const topic = await fixture.topic(1, [GROUP, 'replays']);
    const key = randomUUID();
    await sendAll(topic, key, 20);
    consumer = await startConsumer(fixture, topic, new EffectHandler());
    await eventually(async () => expect(await fixture.effects(key)).toEqual(upTo(20)));
    await consumer.stop();
    const { registry, metrics } = newMetrics(fixture.dataSource);
    consumer = await startConsumer(fixture, topic, new EffectHandler(), { metrics, groupId: 'replays' });
    await eventually(async () => {
      expect(await registry.metrics()).toContain(`outcome="duplicate"} 20`);
    });
    expect(await fixture.effects(key)).toEqual(upTo(20));
  });

  it('two consumers that hold the same records at once have one effect, in order', async () => {
    const groups = ['first', 'second', 'third'];
    const topic = await fixture.topic(1, groups);
    const key = randomUUID();
    await sendAll(topic, key, 100);
    const rivals = await Promise.all(
      groups.map((groupId) => startConsumer(fixture, topic, new EffectHandler(), { groupId })),
    );
    await eventually(async () => expect((await fixture.effects(key)).length).toBeGreaterThanOrEqual(100));
    for (const rival of rivals) await rival.stop();
    expect(await fixture.effects(key)).toEqual(upTo(100));
  });
});

describe('faults of the database', () => {
  it('a connection that is killed in the middle of a batch: tried again, one effect', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = new EffectHandler();
    let kills = 0;
    handler.before = async () => {
      if (kills < 3) await fixture.database.terminateConnections();
      kills += 1;
    };
    await sendAll(topic, key, 30);
    consumer = await startConsumer(fixture, topic, handler);
    await eventually(async () => expect(await fixture.effects(key)).toEqual(upTo(30)));
    expect(kills).toBeGreaterThanOrEqual(4);
    expect(consumer.crashes).toEqual([]);
  });

  it('a deadlock runs the whole batch again, with one effect', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = new EffectHandler();
    let collisions = 0;
    handler.before = () => {
      collisions += 1;
      if (collisions <= 2) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
    };
    await sendAll(topic, key, 10);
    consumer = await startConsumer(fixture, topic, handler);
    await eventually(async () => expect(await fixture.effects(key)).toEqual(upTo(10)));
    expect(await fixture.dataSource.query('select * from parked_message where topic = $1', [topic])).toEqual([]);
  });
});

describe('pitfall 7: the retry counter does not reset', () => {
  it('more failures in a row than kafkajs would retry, for longer than the session: handled, not parked, not given away', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = new EffectHandler();
    let failures = 0;
    handler.before = () => {
      failures += 1;
      if (failures <= 6) throw new SeraiError('ERR_DATABASE_UNAVAILABLE', 'The test says so.');
    };
    const batches: number[] = [];
    const inbox = newInbox(fixture, handler);
    consumer = await startTransport(fixture, [topic], {
      receive: async (batch) => {
        batches.push(batch.records.length);
        await inbox.process(batch);
      },
    });
    await fixture.producer.send(recordOf(topic, key, { number: 1 }));
    await eventually(async () => expect(await fixture.effects(key)).toEqual([1]));
    expect(failures).toBe(7);
    // Delivered once: the partition never left.
    expect(batches).toEqual([1]);
    expect(consumer.crashes).toEqual([]);
  });

  it('more lost connections over time than kafkajs would retry: still consuming', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const { network, connection } = await fixture.network();
    consumer = await startConsumer(fixture, topic, new EffectHandler(), { connection });
    for (const number of upTo(12)) {
      await fixture.producer.send(recordOf(topic, key, { number }));
      await eventually(async () => expect(await fixture.effects(key)).toEqual(upTo(number)));
      network.dropConnections();
    }
    expect(consumer.crashes).toEqual([]);
  });

  it('a broker that is away for a while: consuming goes on when it is back', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const { network, connection } = await fixture.network();
    consumer = await startConsumer(fixture, topic, new EffectHandler(), { connection });
    await fixture.producer.send(recordOf(topic, key, { number: 1 }));
    await eventually(async () => expect(await fixture.effects(key)).toEqual([1]));
    network.cut();
    await eventually(() => expect(consumer!.strategy.liveness().live).toBe(false));
    await fixture.producer.send(recordOf(topic, key, { number: 2 }));
    network.restore();
    await eventually(async () => expect(await fixture.effects(key)).toEqual([1, 2]));
    await eventually(() => expect(consumer!.strategy.liveness().live).toBe(true));
    expect(consumer.crashes).toEqual([]);
  });
});
