import type { Admin } from 'kafkajs';
import type { TopicDefinition } from '#libs/contracts';
import { MAX_RECORD_BYTES } from '../records.js';
import type { KafkaConnection } from './kafka-connection.js';
import { createClient } from './kafkajs/kafkajs-client.js';
import { withPatience } from './patience.js';

/** Records are kept for ever, stamped by the broker, and may be as large as a producer here makes them (with what the format adds). */
const TOPIC_SETTINGS = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'message.timestamp.type': 'LogAppendTime',
  'max.message.bytes': String(MAX_RECORD_BYTES + 65_536),
};

/** One that is lost is made up for by the next. */
const PASSING_SETTINGS = {
  ...TOPIC_SETTINGS,
  'retention.ms': String(24 * 3600 * 1000),
  'flush.messages': String(2n ** 63n - 1n),
};

const LED_WITHIN_MS = 30_000;

/**
 * Creates the topics that are missing, ready for use when it resolves, and leaves the others as they are. Replication and minimum of in-sync
 * replicas are the cluster's defaults.
 *
 * @param settings.topics usually `allTopics()` of `#libs/contracts`
 * @returns names (without the prefix) of the topics that this call created
 * @throws SeraiError ERR_BROKER_UNAVAILABLE when the broker created topics but names no leader for them, or for groups
 */
export async function createTopics(
  settings: KafkaConnection & { readonly topics: readonly TopicDefinition[] },
): Promise<string[]> {
  const admin = createClient(settings).admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = settings.topics.filter(({ name }) => !existing.has(settings.topicPrefix + name));
    if (missing.length > 0) await create(admin, settings.topicPrefix, missing);
    return missing.map(({ name }) => name);
  } finally {
    await admin.disconnect();
  }
}

async function create(admin: Admin, prefix: string, topics: readonly TopicDefinition[]): Promise<void> {
  const settingsOf = ({ passes }: TopicDefinition) =>
    Object.entries(passes ? PASSING_SETTINGS : TOPIC_SETTINGS).map(([name, value]) => ({ name, value }));
  await admin.createTopics({
    // kafkajs' own wait gives up when a broker has not heard of the topic yet.
    waitForLeaders: false,
    topics: topics.map((topic) => ({
      topic: prefix + topic.name,
      numPartitions: topic.partitions,
      configEntries: settingsOf(topic),
    })),
  });
  // The controller knows a topic before its leaders do.
  for (const { name } of topics) await withPatience(LED_WITHIN_MS, () => admin.fetchTopicOffsets(prefix + name));
  // A new broker makes its own topic, of the groups' positions, when it is first asked for a group.
  await withPatience(LED_WITHIN_MS, () => admin.describeGroups([`${prefix}any`]));
}
