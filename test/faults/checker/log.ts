import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { loggedTopics } from '#libs/contracts';
import { type KafkaConnection, TopicReader } from '#libs/messaging';
import type { Target } from '../protocol.js';
import { foundingPolicy, fsckFindings } from './fsck.js';

const SETTLE_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

const drop = (): void => undefined;

/**
 * Whether the log is what the topics of the hub are: each record once - one that was delivered again byte for byte stays one - and nothing that fsck finds.
 *
 * @returns what is wrong, as sentences
 */
export async function checkLog({ audit, postgresUrl, genesis }: Target): Promise<readonly string[]> {
  const database = new URL(postgresUrl);
  database.pathname = '/serai_hub';
  const client = new pg.Client({ connectionString: database.href });
  await client.connect();
  try {
    const deadline = Date.now() + SETTLE_MS;
    for (;;) {
      const findings = compare(await onTopics(audit), await inLog(client));
      if (findings.length === 0 || Date.now() > deadline)
        return [...findings, ...(await fsckFindings(audit, foundingPolicy(genesis)))];
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await client.end();
  }
}

/** `topic hash` of every record, how often it is there. */
type Counts = ReadonlyMap<string, number>;

/** What a log has that the topics have not, the other way round, and what it has more than once. */
export function compare(records: Counts, leaves: Counts): string[] {
  const lacking = [...records.keys()].filter((record) => !leaves.has(record));
  const strange = [...leaves.keys()].filter((leaf) => !records.has(leaf));
  const doubled = [...leaves].filter(([, count]) => count > 1);
  return [
    ...lacking.map((record) => `${record} is on its topic and not in the log`),
    ...strange.map((leaf) => `${leaf} is in the log and not on its topic`),
    ...doubled.map(([leaf, count]) => `${leaf} is in the log ${count} times`),
  ];
}

async function onTopics({ SERAI_KAFKA_BROKERS = '', SERAI_KAFKA_TOPIC_PREFIX = '' }: Target['audit']): Promise<Counts> {
  const connection: KafkaConnection = {
    brokers: SERAI_KAFKA_BROKERS.split(','),
    clientId: 'faults',
    topicPrefix: SERAI_KAFKA_TOPIC_PREFIX,
    logger: { debug: drop, info: drop, warn: drop, error: drop },
  };
  const counts = new Map<string, number>();
  for (const { name } of loggedTopics()) {
    const failed = Promise.withResolvers<never>();
    const reader = new TopicReader({
      connection,
      topic: name,
      name: 'faults',
      handle: async ({ value }) => count(counts, `${name} ${hashOf(value)}`),
      onCrash: failed.reject,
    });
    await reader.start();
    await Promise.race([reader.caughtUp(), failed.promise]);
    await reader.stop();
  }
  return counts;
}

/** The envelope stands on the first line of a record, its cause behind it. */
function hashOf(value: Buffer): string {
  const end = value.indexOf('\n');
  return hash('sha256', end === -1 ? value : value.subarray(0, end), 'base64url');
}

async function inLog(client: pg.Client): Promise<Counts> {
  const counts = new Map<string, number>();
  const { rows } = await client.query<{ topic: string; message_hash: Buffer }>(
    'select topic, message_hash from audit.leaf',
  );
  for (const { topic, message_hash } of rows) count(counts, `${topic} ${message_hash.toString('base64url')}`);
  return counts;
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
