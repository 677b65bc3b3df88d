import { DEFAULT_KAFKA_CLIENT, type KafkaConnection } from './kafka-connection.js';
import { KafkajsRecordSource } from './kafkajs/kafkajs-record-source.js';
import { KafkajsTransmitter } from './kafkajs/kafkajs-transmitter.js';
import { PlatformaticRecordSource } from './platformatic/platformatic-record-source.js';
import { PlatformaticTransmitter } from './platformatic/platformatic-transmitter.js';
import type { RecordSource, RecordSourceOptions } from './record-source.js';
import type { RecordTransmitter } from './record-transmitter.js';

/** The connection's client for writing. */
export function createTransmitter(connection: KafkaConnection): RecordTransmitter {
  switch (connection.client ?? DEFAULT_KAFKA_CLIENT) {
    case 'kafkajs':
      return new KafkajsTransmitter(connection);
    case 'platformatic':
      return new PlatformaticTransmitter(connection);
  }
}

/** The connection's client for reading. */
export function createRecordSource(options: RecordSourceOptions): RecordSource {
  switch (options.connection.client ?? DEFAULT_KAFKA_CLIENT) {
    case 'kafkajs':
      return new KafkajsRecordSource(options);
    case 'platformatic':
      return new PlatformaticRecordSource(options);
  }
}
