import { Kafka, type logCreator, logLevel, type RetryOptions } from 'kafkajs';
import type { MessagingLogger } from '../../logger.js';
import type { KafkaConnection } from '../kafka-connection.js';
import './quiet-request-queue.js';

/** kafkajs chooses other values when NODE_ENV is "test": these are explicit, so that tests prove what production does. Milliseconds. */
const CLIENT_RETRY: RetryOptions = {
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  factor: 0.2,
  multiplier: 2,
  retries: 2,
};

/** One or two seconds of trying, then the caller hears ERR_BROKER_UNAVAILABLE: the relay and the senders have more patience. */
export const PRODUCER_RETRY: RetryOptions = { ...CLIENT_RETRY };

/** The consumer goes on for ever: after these it restarts, with a fresh count. */
export const CONSUMER_RETRY: RetryOptions = { ...CLIENT_RETRY, retries: 10 };

export function createClient(connection: KafkaConnection): Kafka {
  return new Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: CLIENT_RETRY,
    logLevel: logLevel.INFO,
    logCreator: logTo(connection.logger),
  });
}

/** kafkajs reports each retry as an error; what matters reaches the caller or the crash listener, so nothing here is above a warning. */
function logTo(logger: MessagingLogger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const { message, groupId, broker, error, retryCount } = log;
      const fields = {
        client: namespace,
        groupId,
        broker,
        error: error === undefined ? undefined : String(error),
        retryCount,
      };
      if (level <= logLevel.WARN) logger.warn(fields, message);
      else logger.debug(fields, message);
    };
}
