import { type Admin, Kafka, logLevel } from 'kafkajs';
import { type Fixture, GROUP } from './fixture.js';

/** Asks the broker itself, past the lib under test. */
export async function asAdmin<T>(
  { connection }: Pick<Fixture, 'connection'>,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ brokers: [...connection.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Committed offset of the group for each partition of the topic; -1 where it has none. */
export async function committedOffsets(fixture: Fixture, topic: string): Promise<bigint[]> {
  const { topicPrefix } = fixture.connection;
  const [offsets] = await asAdmin(fixture, (admin) =>
    admin.fetchOffsets({ groupId: topicPrefix + GROUP, topics: [topicPrefix + topic] }),
  );
  return offsets!.partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => BigInt(offset));
}
