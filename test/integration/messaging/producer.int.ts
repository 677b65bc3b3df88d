import { randomUUID } from 'node:crypto';
import { KAFKA_CLIENTS, KafkaRecordProducer, MAX_RECORD_BYTES } from '#libs/messaging';
import { eventually, failOnLeaks, type NetworkGate } from '#libs/testing';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

/** The number of this request in Kafka's protocol. */
const PRODUCE = 0;

describe.each(KAFKA_CLIENTS)('with %s', (client) => {
  let fixture: Fixture;
  let network: NetworkGate;
  let producer: KafkaRecordProducer;

  beforeAll(async () => {
    fixture = await createFixture(client);
    const path = await fixture.network();
    network = path.network;
    producer = new KafkaRecordProducer(path.connection);
    await producer.connect();
  });
  afterEach(() => network.restore());
  afterAll(async () => {
    await producer.disconnect();
    await fixture.close();
  });
  failOnLeaks();

  const numbered = (topic: string, key: string, number: number) => ({ topic, key, value: Buffer.from(String(number)) });

  describe('the coalescing producer on Kafka', () => {
    it('tells each caller where its own record lies', async () => {
      const topics = [await fixture.topic(4), await fixture.topic(2)];
      const records = Array.from({ length: 300 }, (_, number) => numbered(topics[number % 2]!, randomUUID(), number));
      const positions = await Promise.all(records.map((record) => producer.send(record)));
      const stored = [...(await fixture.read(topics[0]!)), ...(await fixture.read(topics[1]!))];
      const place = (topic: string, { partition, offset }: { partition: number; offset: bigint }) =>
        `${topic} ${partition} ${offset}`;
      const byPlace = new Map(stored.map((record) => [place(record.topic, record), record]));
      for (const [index, record] of records.entries()) {
        expect(byPlace.get(place(record.topic, positions[index]!))).toMatchObject({
          key: record.key,
          value: record.value,
        });
      }
      expect(stored).toHaveLength(300);
    });

    it('keeps the order of each key, also when callers do not wait for each other', async () => {
      const topic = await fixture.topic(4);
      const keys = Array.from({ length: 10 }, () => randomUUID());
      await Promise.all(
        Array.from({ length: 1_000 }, (_, number) => producer.send(numbered(topic, keys[number % 10]!, number))),
      );
      const stored = await fixture.read(topic);
      for (const [index, key] of keys.entries()) {
        const numbers = stored.filter((record) => record.key === key).map(({ value }) => Number(value));
        expect(numbers).toEqual(Array.from({ length: 100 }, (_, round) => round * 10 + index));
      }
    });

    it('puts a key where every other client puts it', async () => {
      const topic = await fixture.topic(7);
      const others = KAFKA_CLIENTS.filter((each) => each !== client);
      const keys = ['', 'k', 'Милица', ...Array.from({ length: 40 }, () => randomUUID())];
      const sendAll = (by: KafkaRecordProducer) => Promise.all(keys.map((key) => by.send(numbered(topic, key, 1))));
      const partitions = (await sendAll(producer)).map(({ partition }) => partition);
      for (const other of others) {
        const theirs = new KafkaRecordProducer({ ...fixture.connection, client: other });
        await theirs.connect();
        expect((await sendAll(theirs)).map(({ partition }) => partition)).toEqual(partitions);
        await theirs.disconnect();
      }
      expect(new Set(partitions).size).toBeGreaterThan(3);
    });

    it('a record that is too large fails alone and at once', async () => {
      const topic = await fixture.topic();
      const outcomes = await Promise.allSettled([
        producer.send(numbered(topic, 'a', 1)),
        producer.send({ topic, key: 'a', value: Buffer.alloc(MAX_RECORD_BYTES) }),
        producer.send(numbered(topic, 'a', 2)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(outcomes[1]).toMatchObject({ reason: { code: 'ERR_ENVELOPE_TOO_LARGE' } });
      expect((await fixture.read(topic)).map(({ value }) => value.toString())).toEqual(['1', '2']);
    });

    it('the largest record that is allowed arrives', async () => {
      const topic = await fixture.topic();
      const key = randomUUID();
      await producer.send({ topic, key, value: Buffer.alloc(MAX_RECORD_BYTES - key.length, 7) });
      const [record] = await fixture.read(topic);
      expect(record!.value).toHaveLength(MAX_RECORD_BYTES - key.length);
    });

    it('says ERR_BROKER_UNAVAILABLE while the broker is away, within seconds, and recovers', async () => {
      const topic = await fixture.topic();
      await producer.send(numbered(topic, 'a', 1));
      network.cut();
      const asked = Date.now();
      await expect(producer.send(numbered(topic, 'a', 2))).rejects.toMatchObject({ code: 'ERR_BROKER_UNAVAILABLE' });
      expect(Date.now() - asked).toBeLessThan(30_000);
      network.restore();
      await eventually(() => producer.send(numbered(topic, 'a', 3)));
      const numbers = (await fixture.read(topic)).map(({ value }) => Number(value));
      expect(numbers).toEqual([1, 3]);
    });

    it('survives a dropped connection without telling its caller', async () => {
      const topic = await fixture.topic();
      await producer.send(numbered(topic, 'a', 1));
      network.dropConnections();
      await producer.send(numbered(topic, 'a', 2));
      expect((await fixture.read(topic)).map(({ value }) => Number(value))).toEqual([1, 2]);
    });

    it('does not create a topic that is missing', async () => {
      const missing = `missing-${randomUUID()}`;
      await expect(producer.send(numbered(missing, 'a', 1))).rejects.toMatchObject({ code: 'ERR_BROKER_UNAVAILABLE' });
      await expect(fixture.read(missing)).rejects.toThrow();
    });

    it('hands out what was given to it before it disconnects, and can connect again', async () => {
      const topic = await fixture.topic();
      const leaving = new KafkaRecordProducer(fixture.connection);
      await leaving.connect();
      const sends = Array.from({ length: 20 }, (_, number) => leaving.send(numbered(topic, 'a', number)));
      await leaving.disconnect();
      await expect(Promise.all(sends)).resolves.toHaveLength(20);
      await expect(leaving.send(numbered(topic, 'a', 21))).rejects.toMatchObject({ code: 'ERR_BROKER_UNAVAILABLE' });
      await leaving.connect();
      expect(await leaving.send(numbered(topic, 'a', 22))).toMatchObject({ offset: 20n });
      await leaving.disconnect();
    });

    it('sends once what it sends when the connection that it left ends', async () => {
      const topic = await fixture.topic();
      const { network: slow, connection } = await fixture.network();
      const ends: (() => void)[] = [];
      slow.onLeave = (end) => ends.push(end);
      const returning = new KafkaRecordProducer(connection);
      await returning.connect();
      await returning.send(numbered(topic, 'a', 1));
      await returning.disconnect();
      await eventually(() => expect(ends).not.toEqual([]));
      await returning.connect();
      slow.onAnswer = ({ apiKey }) => {
        if (apiKey === PRODUCE) for (const end of ends.splice(0)) end();
      };
      await expect(returning.send(numbered(topic, 'a', 2))).resolves.toMatchObject({ offset: 1n });
      expect(ends).toEqual([]);
      slow.onLeave = (end) => end();
      await returning.disconnect();
      expect(await fixture.read(topic)).toHaveLength(2);
    });
  });
});
