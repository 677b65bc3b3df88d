import type { KafkaConnection } from './kafka-connection.js';
import { createClient } from './kafkajs/kafkajs-client.js';
import { withPatience } from './patience.js';

/** A leader moves within this time; a topic that is missing is reported after it. */
const LED_WITHIN_MS = 5_000;

/**
 * Offsets behind the last record of each partition that holds any.
 *
 * @param topic without the prefix
 */
export async function topicEnds(connection: KafkaConnection, topic: string): Promise<Map<number, bigint>> {
  const admin = createClient(connection).admin();
  await admin.connect();
  try {
    const partitions = await withPatience(LED_WITHIN_MS, () => admin.fetchTopicOffsets(connection.topicPrefix + topic));
    const filled = partitions.filter(({ low, high }) => BigInt(high) > BigInt(low));
    return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
  } finally {
    await admin.disconnect();
  }
}
