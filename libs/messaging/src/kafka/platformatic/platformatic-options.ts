import type { BaseOptions } from '@platformatic/kafka';
import type { KafkaConnection } from '../kafka-connection.js';

/** What every client of @platformatic/kafka here has in common. Times in milliseconds. */
export function clientOptions({ brokers, clientId }: KafkaConnection): BaseOptions {
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: 3_000,
    requestTimeout: 15_000,
    autocreateTopics: false,
    // Leaders that move are noticed by the errors of requests; this is for partitions that are added.
    metadataMaxAge: 300_000,
  };
}
