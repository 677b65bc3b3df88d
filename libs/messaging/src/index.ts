export { announceCommit, CommitListener, type CommitListenerOptions } from './commit-listener.js';
export { Company } from './company.js';
export { type FreshRows, freshRowsBySource } from './fresh-rows.js';
export { InboxConsumer, type InboxConsumerOptions } from './inbox/inbox-consumer.js';
export { InboxEntry } from './inbox/inbox-entry.entity.js';
export type { MessageHandler, ReceivedMessage, TraceRunner } from './inbox/message-handler.js';
export { type Discard, ParkedDiscard, type ParkedDiscardOptions } from './inbox/parked-discard.js';
export { ParkedReplay, type ParkedReplayOptions, type ReplayOutcome } from './inbox/parked-replay.js';
export { createTopics } from './kafka/create-topics.js';
export {
  DEFAULT_KAFKA_CLIENT,
  KAFKA_CLIENTS,
  type KafkaClient,
  type KafkaConnection,
} from './kafka/kafka-connection.js';
export { KafkaRecordProducer } from './kafka/kafka-record-producer.js';
export { RecordFollower, type RecordFollowerOptions } from './kafka/record-follower.js';
export type { Liveness, StartingPoint } from './kafka/record-source.js';
export { topicEnds } from './kafka/topic-ends.js';
export { TopicReader, type TopicReaderOptions } from './kafka/topic-reader.js';
export { linger } from './linger.js';
export type { MessagingLogger } from './logger.js';
export { type MessagingMetrics, messagingMetrics, type RecordOutcome } from './metrics.js';
export { MESSAGING_MIGRATIONS } from './migrations/messaging-migrations.js';
export { Outbox } from './outbox/outbox.js';
export { OutboxRecord } from './outbox/outbox-record.entity.js';
export { OutboxRelay, type OutboxRelayOptions } from './outbox/outbox-relay.js';
export { listParked, pageOfParked } from './parking/list-parked.js';
export { ParkedMessage } from './parking/parked-message.entity.js';
export type { ParkedFilter, ParkedPageQuery, ParkedSummary } from './parking/parked-summary.js';
export { type DraftEvent, ProducerChain } from './producer-chain/producer-chain.js';
export { ProducerPosition } from './producer-chain/producer-position.entity.js';
export {
  MAX_RECORD_BYTES,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordBatch,
  type RecordPosition,
  type RecordProducer,
} from './records.js';
export { KafkaBatchStrategy, type KafkaBatchStrategyOptions } from './transport/kafka-batch.strategy.js';
