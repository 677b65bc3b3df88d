import { randomUUID } from 'node:crypto';
import { parkedTopic } from '#libs/contracts';
import { KAFKA_CLIENTS } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { asAdmin } from './support/admin.js';
import { BrokenHeartbeats } from './support/broken-heartbeats.js';
import { type RunningConsumer, startConsumer, startTransport } from './support/consumer.js';
import { EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture, GROUP } from './support/fixture.js';

jest.setTimeout(60_000);

describe.each(KAFKA_CLIENTS)('with %s', (client) => {
  let fixture: Fixture;
  let consumer: RunningConsumer | undefined;

  beforeAll(async () => {
    fixture = await createFixture(client);
  });
  afterEach(async () => {
    await consumer?.stop();
    consumer = undefined;
  });
  afterAll(() => fixture.close());
  failOnLeaks();

  const groupMembers = () =>
    asAdmin(fixture, async (admin) => {
      const { groups } = await admin.describeGroups([fixture.connection.topicPrefix + GROUP]);
      return groups[0]!.members.length;
    });

  describe('pitfall 6: crashes must reach the orchestrator', () => {
    it.each([
      ['an error', new Error('failed by the test')],
      ['a TypeError, which kafkajs takes for its own end', new TypeError('failed by the test')],
    ])('a handler that rejects with %s: not live, and reported once', async (_, error) => {
      const topic = await fixture.topic();
      consumer = await startTransport(fixture, [topic], {
        receive: async () => {
          throw error;
        },
      });
      await eventually(() => expect(consumer!.strategy.liveness().live).toBe(true));
      await fixture.producer.send(recordOf(topic, randomUUID(), { number: 1 }));
      await eventually(() => expect(consumer!.crashes).toHaveLength(1));
      expect(consumer.strategy.liveness()).toEqual({ live: false, reason: 'The consumer has crashed.' });
      await eventually(async () => expect(await groupMembers()).toBe(0));
      expect(consumer.crashes).toHaveLength(1);
    });

    it('a misconfiguration (disposition "fatal") ends the consumer and parks nothing', async () => {
      const topic = await fixture.topic();
      consumer = await startConsumer(fixture, topic, new EffectHandler());
      await fixture.producer.send(recordOf(topic, randomUUID(), { number: 1, failWith: 'ERR_CONFIG_INVALID' }));
      await eventually(() => expect(consumer!.crashes).toHaveLength(1));
      expect(await fixture.dataSource.query('select * from parked_message where topic = $1', [topic])).toEqual([]);
    });

    it('a handler that hangs is a stall: not live, and reported', async () => {
      const topic = await fixture.topic();
      const release = Promise.withResolvers<void>();
      consumer = await startTransport(fixture, [topic], { receive: () => release.promise, stalledAfterMs: 3_000 });
      await eventually(() => expect(consumer!.strategy.liveness().live).toBe(true));
      await fixture.producer.send(recordOf(topic, randomUUID(), { number: 1 }));
      await eventually(() => expect(consumer!.crashes).toEqual([new Error('The consumer has stalled.')]));
      expect(consumer.strategy.liveness().live).toBe(false);
      release.resolve();
    });

    it('a process that stood still itself has not stalled: it counts from when it goes on', async () => {
      const topic = await fixture.topic();
      const key = randomUUID();
      consumer = await startConsumer(fixture, topic, new EffectHandler(), { stalledAfterMs: 1_500 });
      await eventually(() => expect(consumer!.strategy.liveness().live).toBe(true));
      // Nothing runs in this process meanwhile, as after SIGSTOP.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
      await fixture.producer.send(recordOf(topic, key, { number: 1 }));
      await eventually(async () => expect(await fixture.effects(key)).toEqual([1]));
      expect(consumer.crashes).toEqual([]);
      expect(consumer.strategy.liveness().live).toBe(true);
    });

    it('is not live before it has joined its group', async () => {
      const topic = await fixture.topic();
      const { network, connection } = await fixture.network();
      consumer = await startTransport(fixture, [topic], { connection, receive: async () => undefined });
      await eventually(() => expect(consumer!.strategy.liveness().reason).toBe('The consumer is at work.'));
      network.cut();
      await eventually(() =>
        expect(consumer!.strategy.liveness()).toEqual({
          live: false,
          reason: 'The consumer has not joined its group.',
        }),
      );
      network.restore();
      await eventually(() => expect(consumer!.strategy.liveness().live).toBe(true));
      expect(consumer.crashes).toEqual([]);
    });

    it('an answer of the broker at which a client may give up ends no process: the consumer goes on', async () => {
      const topic = await fixture.topic();
      const key = randomUUID();
      const { network, connection } = await fixture.network();
      const broken = new BrokenHeartbeats(network);
      consumer = await startConsumer(fixture, topic, new EffectHandler(), { connection });
      for (const number of [1, 2]) {
        await fixture.producer.send(recordOf(topic, key, { number }));
        const before = Array.from({ length: number }, (_, index) => index + 1);
        await eventually(async () => expect(await fixture.effects(key)).toEqual(before), { timeoutMs: 20_000 });
        const given = broken.given;
        broken.breakNext();
        await eventually(() => expect(broken.given).toBe(given + 1));
        await eventually(() => expect(consumer!.strategy.liveness().live).toBe(false));
      }
      await eventually(() => expect(consumer!.strategy.liveness().live).toBe(true), { timeoutMs: 20_000 });
      expect(consumer.crashes).toEqual([]);
      if (client === 'kafkajs') {
        expect(fixture.logger.entries.filter(({ message }) => message.endsWith('starts again'))).toHaveLength(2);
      }
    });

    it('a consumer that is stopped before it starts again stays stopped', async () => {
      const topic = await fixture.topic();
      const { network, connection } = await fixture.network();
      const broken = new BrokenHeartbeats(network);
      const stopping = await startTransport(fixture, [topic], { connection, receive: async () => undefined });
      await eventually(() => expect(stopping.strategy.liveness().live).toBe(true));
      broken.breakNext();
      await eventually(() => expect(stopping.strategy.liveness().live).toBe(false));
      await stopping.stop();
      await eventually(async () => expect(await groupMembers()).toBe(0));
      expect(stopping.crashes).toEqual([]);
      expect(stopping.strategy.liveness().live).toBe(false);
    });

    it('a consumer that is stopped while it can not reach the broker stays stopped', async () => {
      const topic = await fixture.topic();
      const { network, connection } = await fixture.network();
      const stopping = await startTransport(fixture, [topic], { connection, receive: async () => undefined });
      await eventually(() => expect(stopping.strategy.liveness().live).toBe(true));
      network.cut();
      await stopping.stop();
      network.restore();
      await eventually(async () => expect(await groupMembers()).toBe(0));
      expect(stopping.crashes).toEqual([]);
      expect(stopping.strategy.liveness().live).toBe(false);
    });
  });

  describe('a consumer that starts while the broker is away', () => {
    const away = async () => {
      const path = await fixture.network();
      path.network.cut();
      return path;
    };
    const waits = () => fixture.logger.entries.filter(({ message }) => message === 'the consumer waits for the broker');

    it('waits for it, says so once, and begins when it is there', async () => {
      const topic = await fixture.topic();
      const key = randomUUID();
      const { network, connection } = await away();
      const before = waits().length;
      const starting = startConsumer(fixture, topic, new EffectHandler(), { connection });
      await eventually(() => expect(waits()).toHaveLength(before + 1));
      const first = network.refused;
      await eventually(() => expect(network.refused).toBeGreaterThanOrEqual(3 * first));
      expect(waits()).toHaveLength(before + 1);
      await fixture.producer.send(recordOf(topic, key, { number: 1 }));
      network.restore();
      consumer = await starting;
      await eventually(async () => expect(await fixture.effects(key)).toEqual([1]));
      expect(consumer.crashes).toEqual([]);
    });
  });

  describe('pitfall 19: topics that are missing', () => {
    it('a consumer of a missing topic does not start, and does not create it', async () => {
      const missing = `missing-${randomUUID()}`;
      await expect(startTransport(fixture, [missing], { receive: async () => undefined })).rejects.toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: expect.stringContaining(`The broker has no topic ${fixture.connection.topicPrefix}${missing}`),
      });
      const topics = await asAdmin(fixture, (admin) => admin.listTopics());
      expect(topics).not.toContain(fixture.connection.topicPrefix + missing);
    });

    it('a consumer whose parked records would have nowhere to go does not start', async () => {
      const topic = await fixture.topic(1, []);
      await expect(startTransport(fixture, [topic], { receive: async () => undefined })).rejects.toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: expect.stringContaining(parkedTopic(topic, GROUP)),
      });
    });
  });
});
