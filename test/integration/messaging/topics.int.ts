import { randomUUID } from 'node:crypto';
import { ConfigResourceTypes } from 'kafkajs';
import { allTopics, type TopicDefinition } from '#libs/contracts';
import { createTopics } from '#libs/messaging';
import { eventually, failOnLeaks, testTopicPrefix } from '#libs/testing';
import { asAdmin } from './support/admin.js';
import { startTransport } from './support/consumer.js';
import { recordOf } from './support/effects.js';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

let fixture: Fixture;

beforeAll(async () => {
  fixture = await createFixture();
});
afterAll(() => fixture.close());
failOnLeaks();

const definition = (partitions: number): TopicDefinition => ({
  name: `made-${randomUUID()}`,
  partitions,
  key: 'aggregate id',
  writtenBy: 'tests',
  summary: 'A topic of the tests.',
});

/** Messages between two flushes. */
const NEVER = '9223372036854775807';

const settingsOf = (topic: string) =>
  asAdmin(fixture, async (admin) => {
    const name = fixture.connection.topicPrefix + topic;
    const { resources } = await admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name }],
      includeSynonyms: false,
    });
    return new Map(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  });

describe('pitfall 19: topics', () => {
  it('are created from the table, stamped by the broker, kept for ever', async () => {
    const topic = definition(3);
    expect(await createTopics({ ...fixture.connection, topics: [topic] })).toEqual([topic.name]);
    const settings = await settingsOf(topic.name);
    expect(settings.get('message.timestamp.type')).toBe('LogAppendTime');
    expect(settings.get('cleanup.policy')).toBe('delete');
    expect(settings.get('retention.ms')).toBe('-1');
    expect(settings.get('flush.messages')).not.toBe(NEVER);
    expect(Number(settings.get('max.message.bytes'))).toBeGreaterThan(4 * 1_048_576);
    const { topics } = await asAdmin(fixture, (admin) =>
      admin.fetchTopicMetadata({ topics: [fixture.connection.topicPrefix + topic.name] }),
    );
    expect(topics[0]!.partitions).toHaveLength(3);
  });

  it('are kept for a day and not flushed one by one where what they say passes', async () => {
    const passing: TopicDefinition = { ...definition(1), passes: true };
    await createTopics({ ...fixture.connection, topics: [passing] });
    const settings = await settingsOf(passing.name);
    expect(settings.get('retention.ms')).toBe('86400000');
    expect(settings.get('flush.messages')).toBe(NEVER);
    expect(settings.get('message.timestamp.type')).toBe('LogAppendTime');
  });

  it('are created once: a second run, and two at the same time, change nothing', async () => {
    const topics = [definition(1), definition(2)];
    const runs = await Promise.all([
      createTopics({ ...fixture.connection, topics }),
      createTopics({ ...fixture.connection, topics }),
    ]);
    expect(runs.flat().length).toBeGreaterThanOrEqual(2);
    expect(await createTopics({ ...fixture.connection, topics })).toEqual([]);
  });

  it('all of the table of contracts can be created together', async () => {
    const topicPrefix = testTopicPrefix();
    const created = await createTopics({ ...fixture.connection, topicPrefix, topics: allTopics() });
    expect(created.toSorted()).toEqual(
      allTopics()
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  it('are read from the beginning by a new group', async () => {
    const topic = await fixture.topic(1, ['newcomer']);
    for (const number of [1, 2, 3]) await fixture.producer.send(recordOf(topic, randomUUID(), { number }));
    const offsets: bigint[] = [];
    const consumer = await startTransport(fixture, [topic], {
      groupId: 'newcomer',
      receive: async ({ records }) => void offsets.push(...records.map(({ offset }) => offset)),
    });
    await eventually(() => expect(offsets).toEqual([0n, 1n, 2n]));
    await consumer.stop();
  });

  it('groups and topics carry the prefix, and nothing else is added to a group name', async () => {
    const topic = await fixture.topic(1, ['exact-name']);
    const consumer = await startTransport(fixture, [topic], { groupId: 'exact-name', receive: async () => undefined });
    await eventually(async () => {
      const { groups } = await asAdmin(fixture, (admin) => admin.listGroups());
      expect(groups.map(({ groupId }) => groupId)).toContain(`${fixture.connection.topicPrefix}exact-name`);
    });
    await consumer.stop();
  });
});
