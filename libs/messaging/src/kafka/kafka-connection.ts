import type { MessagingLogger } from '../logger.js';

/** The libraries of which one talks to the broker: docs/decisions says which is the default, and why. */
export const KAFKA_CLIENTS = ['kafkajs', 'platformatic'] as const;
export type KafkaClient = (typeof KAFKA_CLIENTS)[number];

/** Who talks to the broker where nothing else is said. */
export const DEFAULT_KAFKA_CLIENT: KafkaClient = 'platformatic';

/** How to reach the brokers. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  /** Name of this client at the broker: the app. */
  readonly clientId: string;
  /** Put before every topic and group name; empty in deployments, one per test file in tests. */
  readonly topicPrefix: string;
  readonly logger: MessagingLogger;
  /** Which library produces and consumes; {@link DEFAULT_KAFKA_CLIENT} when left out. Whatever is asked once (topics, offsets) kafkajs asks. */
  readonly client?: KafkaClient;
}
