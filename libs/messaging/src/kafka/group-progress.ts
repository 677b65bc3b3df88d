import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { errorFields } from '../logger.js';
import type { KafkaConnection } from './kafka-connection.js';
import { createClient } from './kafkajs/kafkajs-client.js';

const LOOK_EVERY_MS = 250;

/** Which group, and of which topics (without the prefix). */
export interface GroupTopics {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topics: readonly string[];
}

/**
 * Resolves when the group, whichever of its instances, has consumed and committed everything that its topics held when this was called; also when
 * `signal` aborts.
 */
export async function untilConsumed(group: GroupTopics, signal: AbortSignal): Promise<void> {
  const admin = createClient(group.connection).admin();
  let ends: ReadonlyMap<string, bigint> | undefined;
  try {
    while (!signal.aborted) {
      try {
        await admin.connect();
        ends ??= await endOffsets(admin, group);
        const committed = await committedOffsets(admin, group);
        if ([...ends].every(([place, end]) => (committed.get(place) ?? 0n) >= end)) return;
      } catch (error) {
        group.connection.logger.debug(errorFields(error), 'cannot ask yet how far the group is');
      }
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await admin.disconnect();
  }
}

/** Ends of the partitions that hold anything, by place. */
async function endOffsets(admin: Admin, { connection, topics }: GroupTopics): Promise<Map<string, bigint>> {
  const ends = new Map<string, bigint>();
  for (const topic of topics.map((name) => connection.topicPrefix + name)) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > BigInt(low)) ends.set(placeOf(topic, partition), BigInt(high));
    }
  }
  return ends;
}

async function committedOffsets(
  admin: Admin,
  { connection, groupId, topics }: GroupTopics,
): Promise<Map<string, bigint>> {
  const answer = await admin.fetchOffsets({
    groupId: connection.topicPrefix + groupId,
    topics: topics.map((name) => connection.topicPrefix + name),
  });
  return new Map(
    answer.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [placeOf(topic, partition), BigInt(offset)] as const),
    ),
  );
}

const placeOf = (topic: string, partition: number): string => `${topic}\n${partition}`;
