import { randomUUID } from 'node:crypto';
import { KAFKA_CLIENTS, type ReceivedRecord } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { asAdmin, committedOffsets } from './support/admin.js';
import { type RunningConsumer, startTransport } from './support/consumer.js';
import { recordOf } from './support/effects.js';
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

  async function send(topic: string, count: number): Promise<void> {
    for (let number = 1; number <= count; number += 1)
      await fixture.producer.send(recordOf(topic, randomUUID(), { number }));
  }

  describe('pitfall 9: commit semantics', () => {
    it('commits the offset after the last handled record: a restart sees none of them again', async () => {
      const topic = await fixture.topic();
      const seen: ReceivedRecord[] = [];
      const receive = async ({ records }: { records: readonly ReceivedRecord[] }) => void seen.push(...records);
      consumer = await startTransport(fixture, [topic], { receive });
      await send(topic, 5);
      await eventually(() => expect(seen).toHaveLength(5));
      await consumer.stop();
      expect(await committedOffsets(fixture, topic)).toEqual([5n]);
      consumer = await startTransport(fixture, [topic], { receive });
      await send(topic, 1);
      await eventually(() => expect(seen).toHaveLength(6));
      expect(seen.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
    });

    it('commits also while nothing more arrives', async () => {
      const topic = await fixture.topic();
      consumer = await startTransport(fixture, [topic], { receive: async () => undefined });
      await send(topic, 3);
      await eventually(async () => expect(await committedOffsets(fixture, topic)).toEqual([3n]));
    });

    it('commits at most once a second, however many batches there are', async () => {
      const topic = await fixture.topic();
      let batches = 0;
      consumer = await startTransport(fixture, [topic], {
        receive: async () => {
          batches += 1;
        },
      });
      const commits = new Set<bigint>();
      const started = Date.now();
      await asAdmin(fixture, async (admin) => {
        const { topicPrefix } = fixture.connection;
        while (Date.now() - started < 3_000) {
          await send(topic, 1);
          const groups = await admin.fetchOffsets({ groupId: topicPrefix + GROUP, topics: [topicPrefix + topic] });
          commits.add(BigInt(groups[0]!.partitions[0]!.offset));
        }
      });
      const seconds = Math.ceil((Date.now() - started) / 1_000);
      // One each second, and the state before the first.
      expect(commits.size).toBeGreaterThanOrEqual(2);
      expect(commits.size).toBeLessThanOrEqual(seconds + 1);
      expect(batches).toBeGreaterThan(2 * commits.size);
    });

    it('what the log no longer holds is passed over: the group goes on where the log begins', async () => {
      const topic = await fixture.topic();
      const seen: bigint[] = [];
      const receive = async ({ records }: { records: readonly ReceivedRecord[] }) =>
        void seen.push(...records.map(({ offset }) => offset));
      consumer = await startTransport(fixture, [topic], { receive });
      await send(topic, 1);
      await eventually(() => expect(seen).toEqual([0n]));
      await consumer.stop();
      await send(topic, 4);
      const name = fixture.connection.topicPrefix + topic;
      await asAdmin(fixture, async (admin) => {
        // It deletes only of topics that it has looked at.
        await admin.fetchTopicOffsets(name);
        await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '3' }] });
      });
      consumer = await startTransport(fixture, [topic], { receive });
      await eventually(() => expect(seen).toEqual([0n, 3n, 4n]));
      await eventually(async () => expect(await committedOffsets(fixture, topic)).toEqual([5n]));
    });

    it('commits nothing for a batch that failed', async () => {
      const topic = await fixture.topic();
      await send(topic, 2);
      consumer = await startTransport(fixture, [topic], {
        receive: async () => {
          throw new Error('failed by the test');
        },
      });
      await eventually(() => expect(consumer!.crashes).toHaveLength(1));
      await consumer.stop();
      expect(await committedOffsets(fixture, topic)).toEqual([-1n]);
    });
  });

  describe('pitfall 18: shutdown order', () => {
    it('finishes the running batch, commits it and leaves the group at once', async () => {
      const topic = await fixture.topic();
      const running = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      let finished = false;
      const stopping = await startTransport(fixture, [topic], {
        receive: async () => {
          running.resolve();
          await release.promise;
          finished = true;
        },
      });
      await send(topic, 1);
      await running.promise;
      const stopped = stopping.stop();
      release.resolve();
      await stopped;
      expect(finished).toBe(true);
      expect(await committedOffsets(fixture, topic)).toEqual([1n]);
      expect(stopping.crashes).toEqual([]);
      // Nobody has to wait for its session to expire.
      const { topicPrefix } = fixture.connection;
      const { groups } = await asAdmin(fixture, (admin) => admin.describeGroups([topicPrefix + GROUP]));
      expect(groups[0]!.members).toEqual([]);
    });

    it('a batch that only waits is given up, without a crash, and comes again', async () => {
      const topic = await fixture.topic();
      const waiting = Promise.withResolvers<void>();
      const stopping = await startTransport(fixture, [topic], {
        receive: async ({ signal }) => {
          waiting.resolve();
          await new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
        },
      });
      await send(topic, 1);
      await waiting.promise;
      await stopping.stop();
      expect(stopping.crashes).toEqual([]);
      expect(await committedOffsets(fixture, topic)).toEqual([-1n]);
      let taken = 0;
      consumer = await startTransport(fixture, [topic], {
        receive: async ({ records }) => {
          taken += records.length;
        },
      });
      await eventually(() => expect(taken).toBe(1));
    });
  });
});
