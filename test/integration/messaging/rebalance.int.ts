import { randomUUID } from 'node:crypto';
import { KAFKA_CLIENTS, type KafkaClient } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { committedOffsets } from './support/admin.js';
import { type RunningConsumer, startConsumer } from './support/consumer.js';
import { EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(120_000);

describe.each(KAFKA_CLIENTS)('with %s', (client) => {
  let fixture: Fixture;
  const consumers: RunningConsumer[] = [];

  beforeAll(async () => {
    fixture = await createFixture(client);
  });
  afterEach(async () => {
    for (const consumer of consumers.splice(0)) await consumer.stop();
  });
  afterAll(() => fixture.close());
  failOnLeaks();

  async function join(topic: string): Promise<RunningConsumer> {
    const database = await fixture.database.connect({ poolSize: 6 });
    const consumer = await startConsumer(fixture, topic, new EffectHandler(), { dataSource: database, parkKeys: true });
    consumers.push(consumer);
    return consumer;
  }

  describe('pitfall 21: rebalance storms on deploy', () => {
    it('instances come and go while records flow: each has one effect, in the order of its key', async () => {
      const topic = await fixture.topic(4);
      const keys = Array.from({ length: 12 }, () => randomUUID());
      const rounds = 60;
      await join(topic);
      const sending = (async () => {
        for (let number = 1; number <= rounds; number += 1) {
          await Promise.all(keys.map((key) => fixture.producer.send(recordOf(topic, key, { number }))));
          await eventually(async () => expect(await handled()).toBeGreaterThan((number - 20) * keys.length), {
            timeoutMs: 20_000,
          });
        }
      })();
      // As a rolling deployment does: one more, one less.
      for (let deploy = 0; deploy < 3; deploy += 1) {
        await join(topic);
        await eventually(() => expect(consumers.at(-1)!.strategy.liveness().live).toBe(true));
        await consumers.shift()!.stop();
      }
      await sending;
      await eventually(async () => expect(await handled()).toBe(rounds * keys.length));
      const expected = Array.from({ length: rounds }, (_, index) => index + 1);
      for (const key of keys) expect(await fixture.effects(key)).toEqual(expected);
      expect(consumers.flatMap(({ crashes }) => crashes)).toEqual([]);
    });

    it('partitions are shared by those who are there, and what was done is committed before they move', async () => {
      const topic = await fixture.topic(4);
      const first = await join(topic);
      const keys = Array.from({ length: 40 }, () => randomUUID());
      await Promise.all(keys.map((key) => fixture.producer.send(recordOf(topic, key, { number: 1 }))));
      const second = await join(topic);
      await eventually(() => expect(second.strategy.liveness().live).toBe(true));
      for (const key of keys) await eventually(async () => expect(await fixture.effects(key)).toEqual([1]));
      await first.stop();
      await second.stop();
      const committed = await committedOffsets(fixture, topic);
      expect(committed.reduce((sum, offset) => sum + offset, 0n)).toBe(40n);
    });

    async function handled(): Promise<number> {
      return (await fixture.dataSource.query('select count(*)::int as count from effect'))[0].count;
    }
  });
});

describe('a deployment that changes from one client to the other', () => {
  let mixed: Fixture;
  const members: RunningConsumer[] = [];

  beforeAll(async () => {
    mixed = await createFixture();
  });
  afterEach(async () => {
    for (const consumer of members.splice(0)) await consumer.stop();
  });
  afterAll(() => mixed.close());
  failOnLeaks();

  async function joinAs(client: KafkaClient, topic: string): Promise<RunningConsumer> {
    const dataSource = await mixed.database.connect({ poolSize: 6 });
    const connection = { ...mixed.connection, client };
    const consumer = await startConsumer(mixed, topic, new EffectHandler(), { dataSource, connection, parkKeys: true });
    members.push(consumer);
    await eventually(() => expect(consumer.strategy.liveness().live).toBe(true), { timeoutMs: 20_000 });
    return consumer;
  }

  it.each([
    ['kafkajs', 'platformatic'],
    ['platformatic', 'kafkajs'],
  ] as const)(
    'from %s to %s: both share the group for a while, and the newcomer goes on where the other was',
    async (from, to) => {
      const topic = await mixed.topic(4);
      const keys = Array.from({ length: 8 }, () => randomUUID());
      const sendAll = (number: number) =>
        Promise.all(keys.map((key) => mixed.producer.send(recordOf(topic, key, { number }))));
      const expectAll = (upTo: number) =>
        eventually(
          async () => {
            const expected = Array.from({ length: upTo }, (_, index) => index + 1);
            for (const key of keys) expect(await mixed.effects(key)).toEqual(expected);
          },
          { timeoutMs: 20_000 },
        );
      const old = await joinAs(from, topic);
      await sendAll(1);
      await expectAll(1);
      const newcomer = await joinAs(to, topic);
      await sendAll(2);
      await expectAll(2);
      await old.stop();
      await sendAll(3);
      await expectAll(3);
      expect([...old.crashes, ...newcomer.crashes]).toEqual([]);
      await eventually(async () => {
        // A partition in which none of the keys lies has no offset.
        const committed = (await committedOffsets(mixed, topic)).filter((offset) => offset >= 0n);
        expect(committed.reduce((sum, offset) => sum + offset, 0n)).toBe(24n);
      });
    },
  );
});
