import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { parkedTopic } from '#libs/contracts';
import {
  createTopics,
  DEFAULT_KAFKA_CLIENT,
  InboxEntry,
  type KafkaClient,
  type KafkaConnection,
  KafkaRecordProducer,
  MESSAGING_MIGRATIONS,
  messagingMetrics,
  OutboxRecord,
  ParkedMessage,
  ProducerPosition,
  type ReceivedRecord,
  TopicReader,
} from '#libs/messaging';
import {
  NetworkGate,
  RecordingLogger,
  type TestDatabase,
  testBrokers,
  testDatabase,
  testTopicPrefix,
} from '#libs/testing';
import { CreateEffects, Effect } from './effects.js';

export const GROUP = 'ledger';

/** What every file of these tests has: a database, a topic prefix, a producer. */
export interface Fixture {
  readonly database: TestDatabase;
  readonly dataSource: DataSource;
  readonly connection: KafkaConnection;
  readonly logger: RecordingLogger;
  readonly producer: KafkaRecordProducer;
  /** A way of its own to the broker, which can be cut; closed with the fixture. */
  network(): Promise<{ readonly network: NetworkGate; readonly connection: KafkaConnection }>;
  /** Creates a topic, with the topics of parked records of these groups, and returns its name. */
  topic(partitions?: number, groups?: readonly string[]): Promise<string>;
  /** Everything that the topic holds now. */
  read(topic: string): Promise<ReceivedRecord[]>;
  /** Numbers of the effects of one key, in order. */
  effects(key: string): Promise<number[]>;
  close(): Promise<void>;
}

/** @param client whose turn it is; the default when left out */
export async function createFixture(client?: KafkaClient): Promise<Fixture> {
  const database = await testDatabase({
    schema: 'ledger',
    entities: [InboxEntry, OutboxRecord, ParkedMessage, ProducerPosition, Effect],
    migrations: [...MESSAGING_MIGRATIONS, CreateEffects],
    poolSize: 20,
  });
  const { dataSource } = database;
  const logger = new RecordingLogger();
  const connection = connectionOf(logger, client);
  const networks: NetworkGate[] = [];
  const producer = new KafkaRecordProducer(connection);
  await producer.connect();
  return {
    database,
    dataSource,
    connection,
    logger,
    producer,
    network: async () => {
      const network = await NetworkGate.before(connection.brokers);
      networks.push(network);
      return { network, connection: { ...connection, brokers: network.brokers } };
    },
    topic: async (partitions = 1, groups = [GROUP]) => {
      const name = `topic-${randomUUID()}`;
      const facts = { key: 'aggregate id', writtenBy: 'tests', summary: 'A topic of the tests.' } as const;
      const topics = [
        { ...facts, name, partitions },
        ...groups.map((group) => ({ ...facts, name: parkedTopic(name, group), partitions: 1 })),
      ];
      await createTopics({ ...connection, topics });
      return name;
    },
    read: (topic) => readAll(connection, topic),
    effects: async (key) => {
      const rows = await dataSource.query('select number from effect where key = $1 order by id', [key]);
      return rows.map(({ number }: Effect) => number);
    },
    close: async () => {
      await producer.disconnect();
      for (const network of networks) await network.close();
      await database.drop();
    },
  };
}

function connectionOf(logger: RecordingLogger, client: KafkaClient = DEFAULT_KAFKA_CLIENT): KafkaConnection {
  return { brokers: testBrokers(), clientId: 'ledger', topicPrefix: testTopicPrefix(), logger, client };
}

async function readAll(connection: KafkaConnection, topic: string): Promise<ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  const failed = Promise.withResolvers<never>();
  const reader = new TopicReader({
    connection,
    topic,
    name: 'test-reader',
    handle: async (record) => void records.push(record),
    onCrash: failed.reject,
  });
  await reader.start();
  await Promise.race([reader.caughtUp(), failed.promise]);
  await reader.stop();
  return records;
}

export function newMetrics(dataSource: DataSource) {
  const registry = new Registry();
  return { registry, metrics: messagingMetrics(registry, dataSource) };
}
