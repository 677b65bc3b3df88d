/** Injection token of the service's {@link HubSettings}. */
export const HUB_SETTINGS = Symbol('serai.hub-settings');

/** Injection token of the pinned {@link RootKeys} of lib `trust`. */
export const ROOT_KEYS = Symbol('serai.root-keys');

/** Injection token of the `KafkaConnection` of lib `messaging`: give it to producers, consumers and readers. */
export const KAFKA_CONNECTION = Symbol('serai.kafka-connection');

/** Injection token of the connected `RecordProducer` of lib `messaging`. */
export const RECORD_PRODUCER = Symbol('serai.record-producer');

/** Injection token of the `MessagingMetrics` of lib `messaging`. */
export const MESSAGING_METRICS = Symbol('serai.messaging-metrics');
