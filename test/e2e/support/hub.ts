import { once } from 'node:events';
import pg from 'pg';
import { allTopics, GATEWAY_API, serviceUrnOf } from '#libs/contracts';
import { openKeystore, signCallerToken } from '#libs/envelope';
import { type KafkaConnection, KafkaRecordProducer, type ReceivedRecord, TopicReader } from '#libs/messaging';
import { RecordingLogger, testBrokers, testPostgresUrl } from '#libs/testing';
import type { World } from './world.js';

const connectionTo = (world: World): KafkaConnection => ({
  brokers: testBrokers(),
  clientId: 'e2e',
  topicPrefix: `${world.namespace}.`,
  logger: new RecordingLogger(),
});

/** Every record of every topic of the hub, those of parked messages included, from the beginning. */
export async function everyRecord(world: World): Promise<ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  for (const { name } of allTopics()) {
    const reader = new TopicReader({
      connection: connectionTo(world),
      topic: name,
      name: 'e2e',
      handle: async (record) => void records.push(record),
      onCrash: (error) => {
        throw error;
      },
    });
    await reader.start();
    await reader.caughtUp();
    await reader.stop();
  }
  return records;
}

/** Appends records to their topics once more, byte for byte: what a replay from the beginning brings to every consumer. */
export async function replay(world: World, records: readonly ReceivedRecord[]): Promise<void> {
  const producer = new KafkaRecordProducer(connectionTo(world));
  await producer.connect();
  try {
    await Promise.all(records.map(({ topic, key, value, headers }) => producer.send({ topic, key, value, headers })));
  } finally {
    await producer.disconnect();
  }
}

/** Runs a query in a database of the hub or of an access point, past the programs that own it. */
export async function query<Row extends pg.QueryResultRow>(
  world: World,
  database: string,
  sql: string,
): Promise<Row[]> {
  const url = new URL(testPostgresUrl());
  url.pathname = `${world.namespace}_${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    const ended = once(client, 'end');
    await client.end();
    await ended;
  }
}

/** How the gateway answered. */
export interface GatewayAnswer {
  readonly status: number;
  readonly answer: string;
  readonly retryAfter: string | null;
}

/** Posts a body to the gateway as a participant whose keys the test holds. */
export async function callGateway(
  world: World,
  participant: string,
  path: string,
  body: string,
  contentType = 'application/json',
): Promise<GatewayAnswer> {
  const { founding, addresses } = world.constellation;
  const { path: file, passphrase } = founding.keystore(participant);
  const keystore = await openKeystore(file, passphrase);
  const claims = {
    participant: `urn:serai:participant:${participant}`,
    audience: serviceUrnOf('gateway'),
    now: new Date(),
  };
  const response = await fetch(new URL(path, addresses['gateway']), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await signCallerToken(claims, keystore.signer())}`,
      'content-type': contentType,
    },
    body,
  });
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, answer: await response.text(), retryAfter };
}

/** Hands an envelope in at the gateway as a participant; resolves to the status and the signed answer. */
export function handIn(world: World, participant: string, jws: string): Promise<GatewayAnswer> {
  return callGateway(world, participant, GATEWAY_API.submitEnvelopes.path, jws, 'application/jose');
}

/** A counter of an app, summed over its labels that begin as given. */
export async function measure(world: World, app: string, start: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', world.constellation.addresses[app]))).text();
  const lines = text.split('\n').filter((line) => line.startsWith(start));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
