import { randomUUID } from 'node:crypto';
import { KAFKA_CLIENTS, type ReceivedRecord, TopicReader } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { asAdmin } from './support/admin.js';
import { recordOf } from './support/effects.js';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

describe.each(KAFKA_CLIENTS)('with %s', (client) => {
  let fixture: Fixture;
  let reader: TopicReader | undefined;
  const crashes: Error[] = [];

  beforeAll(async () => {
    fixture = await createFixture(client);
  });
  afterEach(async () => {
    await reader?.stop();
    reader = undefined;
    expect(crashes.splice(0)).toEqual([]);
  });
  afterAll(() => fixture.close());
  failOnLeaks();

  async function startReader(
    topic: string,
    handle: (record: ReceivedRecord) => Promise<void>,
    connection = fixture.connection,
  ) {
    reader = new TopicReader({ connection, topic, name: 'replica', handle, onCrash: (error) => crashes.push(error) });
    await reader.start();
    return reader;
  }

  const send = (topic: string, number: number) => fixture.producer.send(recordOf(topic, randomUUID(), { number }));

  describe(TopicReader.name, () => {
    it('has caught up with an empty topic at once', async () => {
      const started = await startReader(await fixture.topic(3), async () => undefined);
      await started.caughtUp();
      await eventually(() => expect(started.liveness().live).toBe(true));
    });

    it('has caught up when everything that was there is handled, and follows what comes', async () => {
      const topic = await fixture.topic(3);
      for (let number = 0; number < 30; number += 1) await send(topic, number);
      const read: ReceivedRecord[] = [];
      const started = await startReader(topic, async (record) => void read.push(record));
      await started.caughtUp();
      expect(read).toHaveLength(30);
      for (const partition of [0, 1, 2]) {
        const offsets = read.filter((record) => record.partition === partition).map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.map((_, index) => BigInt(index)));
      }
      await send(topic, 30);
      await eventually(() => expect(read).toHaveLength(31));
    });

    it('has not caught up while a record is being handled', async () => {
      const topic = await fixture.topic();
      await send(topic, 1);
      const release = Promise.withResolvers<void>();
      let isCaughtUp = false;
      const started = await startReader(topic, () => release.promise);
      const caughtUp = started.caughtUp().then(() => {
        isCaughtUp = true;
      });
      await eventually(() => expect(started.liveness().live).toBe(true));
      expect(isCaughtUp).toBe(false);
      release.resolve();
      await caughtUp;
    });

    it('begins at the beginning each time, and leaves no group behind', async () => {
      const topic = await fixture.topic();
      await send(topic, 1);
      for (let round = 0; round < 2; round += 1) {
        const read: bigint[] = [];
        const started = await startReader(topic, async ({ offset }) => void read.push(offset));
        await started.caughtUp();
        await started.stop();
        expect(read).toEqual([0n]);
      }
      await eventually(async () => {
        const { groups } = await asAdmin(fixture, (admin) => admin.listGroups());
        const left = groups.filter(({ groupId }) => groupId.startsWith(`${fixture.connection.topicPrefix}replica`));
        const { groups: described } = await asAdmin(fixture, (admin) =>
          admin.describeGroups(left.map(({ groupId }) => groupId)),
        );
        expect(described.flatMap(({ members }) => members)).toEqual([]);
      });
    });

    it('reports a crash when a record can not be handled, and stops', async () => {
      const topic = await fixture.topic();
      await send(topic, 1);
      const started = await startReader(topic, async () => {
        throw new TypeError('the replica is broken');
      });
      await eventually(() => expect(crashes).toHaveLength(1));
      expect(crashes.splice(0)[0]!.message).toContain('the replica is broken');
      expect(started.liveness().live).toBe(false);
    });

    it('goes on where it was after the network was cut', async () => {
      const topic = await fixture.topic();
      const { network, connection } = await fixture.network();
      const read = new Set<bigint>();
      await send(topic, 1);
      await (await startReader(topic, async ({ offset }) => void read.add(offset), connection)).caughtUp();
      network.dropConnections();
      await send(topic, 2);
      await eventually(() => expect([...read]).toEqual([0n, 1n]));
    });

    it('does not start on a topic that is missing', async () => {
      await expect(startReader(`missing-${randomUUID()}`, async () => undefined)).rejects.toMatchObject({
        code: 'ERR_BROKER_UNAVAILABLE',
      });
      reader = undefined;
    });
  });
});
