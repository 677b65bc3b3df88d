import { randomUUID } from 'node:crypto';
import { KAFKA_CLIENTS, type ReceivedRecord, RecordFollower, type StartingPoint } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { recordOf } from './support/effects.js';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

describe.each(KAFKA_CLIENTS)('with %s', (client) => {
  let fixture: Fixture;
  let follower: RecordFollower | undefined;
  const crashes: Error[] = [];

  beforeAll(async () => {
    fixture = await createFixture(client);
  });
  afterEach(async () => {
    await follower?.stop();
    follower = undefined;
    expect(crashes.splice(0)).toEqual([]);
  });
  afterAll(() => fixture.close());
  failOnLeaks();

  const offsetsOf = (read: readonly ReceivedRecord[], topic: string) =>
    read.filter((record) => record.topic === topic).map(({ offset }) => offset);
  const send = async (topic: string, from: number, to: number) => {
    for (let number = from; number < to; number += 1) {
      await fixture.producer.send(recordOf(topic, randomUUID(), { number }));
    }
  };

  async function follow(topics: readonly string[], startAt: StartingPoint, connection = fixture.connection) {
    const read: ReceivedRecord[] = [];
    follower = new RecordFollower({
      connection,
      topics,
      name: 'follower',
      startAt,
      handle: async ({ records }) => void read.push(...records),
      onCrash: (error) => crashes.push(error),
    });
    await follower.start();
    return read;
  }

  describe(RecordFollower.name, () => {
    it('begins where it is told, and follows what comes', async () => {
      const [one, other] = [await fixture.topic(), await fixture.topic()];
      await send(one, 0, 5);
      await send(other, 0, 2);
      const read = await follow([one, other], (topic) => (topic === one ? 3n : 'earliest'));
      await eventually(() =>
        expect([offsetsOf(read, one), offsetsOf(read, other)]).toEqual([
          [3n, 4n],
          [0n, 1n],
        ]),
      );
      await send(one, 5, 6);
      await eventually(() => expect(offsetsOf(read, one)).toEqual([3n, 4n, 5n]));
    });

    it('begins behind what is there when it is told so', async () => {
      const topic = await fixture.topic();
      await send(topic, 0, 3);
      const read = await follow([topic], () => 'latest');
      await eventually(() => expect(follower!.liveness().live).toBe(true));
      await eventually(async () => {
        await send(topic, 3, 4);
        expect(offsetsOf(read, topic).length).toBeGreaterThan(0);
      });
      expect(offsetsOf(read, topic).every((offset) => offset >= 3n)).toBe(true);
    });

    it('goes on where it was after the network was cut, not where it began', async () => {
      const topic = await fixture.topic();
      const { network, connection } = await fixture.network();
      await send(topic, 0, 3);
      const read = await follow([topic], () => 1n, connection);
      await eventually(() => expect(offsetsOf(read, topic)).toEqual([1n, 2n]));
      network.dropConnections();
      await send(topic, 3, 4);
      await eventually(() => expect(offsetsOf(read, topic)).toEqual([1n, 2n, 3n]));
    });

    it('begins at the beginning when the topic does not reach so far', async () => {
      const topic = await fixture.topic();
      await send(topic, 0, 2);
      const read = await follow([topic], () => 40n);
      await eventually(() => expect(offsetsOf(read, topic)).toEqual([0n, 1n]));
    });
  });
});
