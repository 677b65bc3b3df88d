import { SeraiError } from '#libs/errors';
import type { KafkaConnection } from './kafka-connection.js';
import { createClient } from './kafkajs/kafkajs-client.js';

/**
 * Refuses to go on without the topics. A missing topic of parked records would show only when the first poison comes, and then hold up the outbox.
 *
 * @throws SeraiError ERR_CONFIG_INVALID that names the missing topics
 */
export async function assertTopicsExist(connection: KafkaConnection, topics: readonly string[]): Promise<void> {
  const admin = createClient(connection).admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.map((topic) => connection.topicPrefix + topic).filter((name) => !existing.has(name));
    if (missing.length === 0) return;
    const message = `The broker has no topic ${missing.join(', ')}. Create the topics of the topic table, then start again.`;
    throw new SeraiError('ERR_CONFIG_INVALID', message, { detail: { missing } });
  } finally {
    await admin.disconnect();
  }
}
