import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { parkedTopic, TOPICS } from '#libs/contracts';
import { HubDirectory, KAFKA_CONNECTION, MESSAGING_METRICS } from '#libs/hub';
import { createTopics, KafkaBatchStrategy, type KafkaConnection, type RecordBatch } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { RequestsHub, type TestLeg } from './requests-hub.js';

jest.setTimeout(60_000);

let hub: RequestsHub;

beforeAll(async () => {
  hub = await RequestsHub.found();
}, 60_000);
afterAll(() => hub?.dissolve(), 30_000);
failOnLeaks();

const noCrash = (error: Error): void => {
  throw error;
};

/** How an instance of the service consumes, but as the group and with the end that a test wants. */
async function consumerOptions(app: NestFastifyApplication, groupId: string, onCrash = noCrash) {
  await app.get(HubDirectory).ready();
  const [connection, metrics] = [app.get(KAFKA_CONNECTION), app.get(MESSAGING_METRICS)];
  return { connection, groupId, concurrency: 4, metrics, onCrash };
}

/** Consumes as another group: from the beginning of the topic. Its parked records have a topic of their own. */
const asGroup = (groupId: string) => async (app: NestFastifyApplication) => {
  const name = parkedTopic(TOPICS.requestSubmissions.name, groupId);
  const topics = [{ name, partitions: 1, key: 'as source', writtenBy: groupId, summary: 'Of a test.' }] as const;
  await createTopics({ ...app.get<KafkaConnection>(KAFKA_CONNECTION), topics });
  return new KafkaBatchStrategy(await consumerOptions(app, groupId));
};

/** Dies in each batch right after its transaction has committed, before the offset moves. */
class DyingStrategy extends KafkaBatchStrategy {
  committed = 0;

  override addHandler(...[pattern, handler, ...rest]: Parameters<KafkaBatchStrategy['addHandler']>): void {
    const dying = async (batch: RecordBatch) => {
      await handler(batch);
      this.committed += batch.records.length;
      throw new Error('killed between commit and offset');
    };
    super.addHandler(pattern, Object.assign(dying, handler) as never, ...rest);
  }
}

async function sendLeg(): Promise<TestLeg> {
  const leg = await hub.request();
  for (const message of [leg.submission, await hub.delivered(leg), await hub.answered(leg)]) await hub.send(message);
  return leg;
}

const STATUSES = ['SUBMITTED', 'DELIVERED', 'ANSWERED'];
const statusesOf = (leg: TestLeg) =>
  hub.events.filter(({ subject }) => subject === leg.legId).map(({ header }) => header.leg?.status);

/** Everything that the service has consumed so far, by what became of it. */
async function consumed(app: NestFastifyApplication): Promise<Record<string, number>> {
  const metrics = (await app.inject('/metrics')).body;
  const lines = [...metrics.matchAll(/serai_consumer_records_total\{[^}]*outcome="(\w+)"[^}]*\} (\d+)/g)];
  return Object.fromEntries(lines.map(([, outcome, count]) => [outcome, Number(count)]));
}

describe('one effect', () => {
  it('of records that are delivered again because their offset was lost', async () => {
    const leg = await sendLeg();
    let dying: DyingStrategy | undefined;
    let crashed = false;
    const onCrash = () => {
      crashed = true;
    };
    const first = await hub.start(async (app) => {
      dying = new DyingStrategy(await consumerOptions(app, 'requests', onCrash));
      return dying;
    });
    await eventually(() => expect({ crashed, committed: dying?.committed }).toEqual({ crashed: true, committed: 3 }));
    await hub.stop(first);
    const second = await hub.start();
    await eventually(async () => expect(await consumed(second)).toMatchObject({ duplicate: 3, handled: 0 }));
    await hub.send(await hub.delivered(leg));
    await hub.eventsOf(leg, 4);
    expect(statusesOf(leg)).toEqual([...STATUSES, undefined]);
    await hub.stop(second);
  });

  it('of a topic that is replayed from its start by a group without offsets', async () => {
    const app = await hub.start();
    const legs = await Promise.all([1, 2, 3, 4].map(sendLeg));
    for (const leg of legs) await hub.eventsOf(leg, 3);
    const before = hub.events.length;
    await hub.stop(app);
    const replay = await hub.start(asGroup('replay'));
    await eventually(async () => {
      const { duplicate, handled } = await consumed(replay);
      expect({ duplicate, handled }).toEqual({ duplicate: 4 + 4 * 3, handled: 0 });
    });
    const last = await sendLeg();
    await hub.eventsOf(last, 3);
    expect(hub.events).toHaveLength(before + 3);
    for (const leg of legs) expect(statusesOf(leg)).toEqual(STATUSES);
    await hub.stop(replay);
  });

  it('of records that two groups consume at the same time', async () => {
    const [one, other] = [await hub.start(), await hub.start(asGroup('second'))];
    const legs = await Promise.all([1, 2, 3, 4, 5, 6].map(sendLeg));
    for (const leg of legs) await hub.eventsOf(leg, 3);
    await eventually(async () => {
      const [{ handled = 0 }, { handled: alsoHandled = 0 }] = [await consumed(one), await consumed(other)];
      expect(handled + alsoHandled).toBe(legs.length * 3);
    });
    for (const leg of legs) expect(statusesOf(leg)).toEqual(STATUSES);
    await hub.stop(other);
    await hub.stop(one);
  });
});
