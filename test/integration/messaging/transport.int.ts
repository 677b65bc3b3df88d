import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Catch, Controller, type ExceptionFilter } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { KAFKA_CLIENTS, KafkaBatchStrategy, type RecordBatch } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { controllerOf, newInbox, type RunningConsumer, startTransport } from './support/consumer.js';
import { EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture, GROUP, newMetrics } from './support/fixture.js';

jest.setTimeout(60_000);

describe.each(KAFKA_CLIENTS)('with %s', (client) => {
  /** What would make a failed record count as handled, or fail for ever, if consumers listened to it. */
  @Catch()
  class SwallowAll implements ExceptionFilter {
    catch(): void {}
  }

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

  function newStrategy(): KafkaBatchStrategy {
    const { metrics } = newMetrics(fixture.dataSource);
    const { connection } = fixture;
    return new KafkaBatchStrategy({ connection, groupId: GROUP, concurrency: 1, metrics, onCrash: () => undefined });
  }

  async function listenWith(...controllers: (new () => object)[]): Promise<void> {
    const strategy = newStrategy();
    const module = await Test.createTestingModule({ controllers }).compile();
    const app = module.createNestMicroservice({ strategy, logger: false });
    try {
      await app.listen();
    } finally {
      await app.close();
    }
  }

  describe('pitfall 14: two handlers on one topic', () => {
    it('are refused at the start', async () => {
      const topic = await fixture.topic();
      const handlers = [controllerOf([topic], async () => undefined), controllerOf([topic], async () => undefined)];
      await expect(listenWith(...handlers)).rejects.toThrow(`${topic}: two handlers would run at once`);
    });
  });

  describe('pitfall 17: request-reply handlers', () => {
    it('are refused at the start', async () => {
      const topic = await fixture.topic();
      class Replies {
        reply(): string {
          return 'reply';
        }
      }
      MessagePattern(topic)(Replies.prototype, 'reply', Object.getOwnPropertyDescriptor(Replies.prototype, 'reply')!);
      Controller()(Replies);
      await expect(listenWith(Replies)).rejects.toThrow(`${topic}: records are no requests`);
    });
  });

  describe('pitfall 15: one message at a time', () => {
    it('hands over what a fetch brought, at once', async () => {
      const topic = await fixture.topic();
      const key = randomUUID();
      await Promise.all(
        Array.from({ length: 100 }, (_, number) => fixture.producer.send(recordOf(topic, key, { number }))),
      );
      const sizes: number[] = [];
      consumer = await startTransport(fixture, [topic], {
        receive: async ({ records }) => void sizes.push(records.length),
      });
      await eventually(() => expect(sizes).toEqual([100]));
    });

    it('a slow partition does not hold up another topic', async () => {
      const [slow, quick] = [await fixture.topic(), await fixture.topic()];
      const release = Promise.withResolvers<void>();
      const done: string[] = [];
      const receive = async ({ topic }: RecordBatch) => {
        if (topic === slow) await release.promise;
        done.push(topic);
      };
      await fixture.producer.send(recordOf(slow, randomUUID(), { number: 1 }));
      await fixture.producer.send(recordOf(quick, randomUUID(), { number: 1 }));
      consumer = await startTransport(fixture, [slow, quick], { receive });
      await eventually(() => expect(done).toEqual([quick]));
      release.resolve();
      await eventually(() => expect(done).toEqual([quick, slow]));
    });
  });

  describe('pitfall 16: long handlers lose the partition', () => {
    it('work that is longer than the session keeps it by its heartbeats', async () => {
      const topic = await fixture.topic();
      const deliveries: bigint[] = [];
      let done = 0;
      consumer = await startTransport(fixture, [topic], {
        receive: async ({ records, heartbeat }) => {
          deliveries.push(...records.map(({ offset }) => offset));
          for (const until = Date.now() + (done === 0 ? 8_000 : 0); Date.now() < until; ) {
            await pause(250);
            await heartbeat();
          }
          done += records.length;
        },
      });
      await fixture.producer.send(recordOf(topic, randomUUID(), { number: 1 }));
      await eventually(() => expect(done).toBe(1));
      await fixture.producer.send(recordOf(topic, randomUUID(), { number: 2 }));
      await eventually(() => expect(done).toBe(2));
      // Given away, the first would have come again.
      expect(deliveries).toEqual([0n, 1n]);
    });

    it('a heartbeat that says "rebalancing" gives the batch up; it comes again and has one effect', async () => {
      const topic = await fixture.topic(2);
      const key = randomUUID();
      const handler = new EffectHandler();
      const inbox = newInbox(fixture, handler);
      const joining = Promise.withResolvers<void>();
      let interrupted: unknown;
      consumer = await startTransport(fixture, [topic], {
        receive: async (batch) => {
          joining.resolve();
          while (interrupted === undefined && second === undefined) {
            await pause(100);
            await batch.heartbeat().catch((error: unknown) => {
              interrupted = error;
              throw error;
            });
          }
          await inbox.process(batch);
        },
      });
      let second: RunningConsumer | undefined;
      await fixture.producer.send(recordOf(topic, key, { number: 1 }));
      await joining.promise;
      second = await startTransport(fixture, [topic], { receive: (batch) => inbox.process(batch) });
      await eventually(async () => expect(await fixture.effects(key)).toEqual([1]));
      expect([...consumer.crashes, ...second.crashes]).toEqual([]);
      await second.stop();
    });
  });

  describe('pitfall 20: hybrid apps inherit no global pipes or filters', () => {
    it('none are needed: a global pipe and a global filter change nothing', async () => {
      const topic = await fixture.topic();
      const key = randomUUID();
      const inbox = newInbox(fixture, new EffectHandler());
      class Receiver {
        receive(batch: RecordBatch): Promise<void> {
          return inbox.process(batch);
        }
      }
      EventPattern(topic)(
        Receiver.prototype,
        'receive',
        Object.getOwnPropertyDescriptor(Receiver.prototype, 'receive')!,
      );
      Controller()(Receiver);
      const strategy = newStrategy();
      const module = await Test.createTestingModule({ controllers: [Receiver] }).compile();
      const app = module.createNestApplication(new FastifyAdapter(), { logger: false });
      app.useGlobalFilters(new SwallowAll());
      app.connectMicroservice({ strategy }, { inheritAppConfig: true });
      await app.startAllMicroservices();
      await fixture.producer.send(recordOf(topic, key, { number: 1, failWith: 'bug' }));
      await fixture.producer.send(recordOf(topic, key, { number: 2 }));
      await eventually(async () => expect(await fixture.effects(key)).toEqual([2]));
      await app.close();
    });
  });
});
