import { randomUUID } from 'node:crypto';
import { v7 as uuid7 } from 'uuid';
import { KAFKA_CLIENTS, type ReceivedRecord } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { type RunningConsumer, startTransport } from './support/consumer.js';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

describe.each(KAFKA_CLIENTS)('with %s', (client) => {
  let fixture: Fixture;
  let topic: string;
  let consumer: RunningConsumer;
  const received: ReceivedRecord[] = [];

  beforeAll(async () => {
    fixture = await createFixture(client);
    topic = await fixture.topic();
    consumer = await startTransport(fixture, [topic], {
      receive: async ({ records }) => void received.push(...records),
    });
  });
  afterAll(async () => {
    await consumer.stop();
    await fixture.close();
  });
  failOnLeaks();

  /** Sends a record and returns it as a handler gets it. */
  async function roundTrip(key: string, value: Buffer, headers?: Record<string, string>): Promise<ReceivedRecord> {
    const { offset } = await fixture.producer.send({ topic, key, value, ...(headers ? { headers } : {}) });
    return eventually(() => {
      const record = received.find((each) => each.offset === offset);
      if (!record) throw new Error('not received yet');
      return record;
    });
  }

  describe('pitfall 1: parsed bytes break signatures', () => {
    it.each([
      ['JSON with a duplicate member', '{"a":1,"a":2}'],
      ['JSON with other forms of numbers', '[1.0, 1e2, 12345678901234567890]'],
      ['JSON with spaces and escapes', '{ "\\u0061" : "\\/" }'],
      ['a JSON string', '"text"'],
      ['a number', '12'],
      ['null', 'null'],
      ['Cyrillic, Arabic, Han', 'Милица مليكة 米莉察'],
      ['a byte order mark', '\uFEFF{}'],
      ['line ends', 'a\r\nb\n'],
    ])('%s arrives byte for byte', async (_, text) => {
      const value = Buffer.from(text);
      const record = await roundTrip(uuid7(), value);
      expect(Buffer.isBuffer(record.value)).toBe(true);
      expect(Buffer.compare(record.value, value)).toBe(0);
    });

    it('bytes that are no text arrive too', async () => {
      const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      expect(Buffer.compare((await roundTrip(uuid7(), value)).value, value)).toBe(0);
    });

    it('keys and headers stay strings, also those that look like JSON', async () => {
      const headers = {
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        json: '{"a":[1]}',
        number: '7',
      };
      const record = await roundTrip('{"key":1}', Buffer.from('x'), headers);
      expect(record.key).toBe('{"key":1}');
      expect(record.headers).toEqual(headers);
    });

    it('names the topic without the prefix, the partition, and the broker as the clock', async () => {
      const before = Date.now();
      const record = await roundTrip(randomUUID(), Buffer.from('x'));
      expect(record).toMatchObject({ topic, partition: 0, offset: expect.any(BigInt) });
      expect(record.appendedAt.getTime()).toBeGreaterThanOrEqual(before - 1_000);
      expect(record.appendedAt.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
    });
  });

  describe('pitfall 13: serializer ambiguity', () => {
    it.each(['{"value":7,"unit":"kg"}', '{"key":"k","value":"v","headers":{}}', '{"pattern":"p","data":{}}'])(
      '%s is a value, not an instruction',
      async (text) => {
        const key = uuid7();
        const record = await roundTrip(key, Buffer.from(text));
        expect(record.key).toBe(key);
        expect(record.value.toString()).toBe(text);
        expect(record.headers).toEqual({});
      },
    );
  });

  describe('pitfall 17: request-reply over Kafka', () => {
    it('a record that asks for a reply gets none', async () => {
      const victim = await fixture.topic();
      const headers = {
        kafka_correlationId: 'c',
        kafka_replyTopic: fixture.connection.topicPrefix + victim,
        kafka_replyPartition: '0',
      };
      const record = await roundTrip(uuid7(), Buffer.from('{}'), headers);
      expect(record.headers).toEqual(headers);
      await roundTrip(uuid7(), Buffer.from('one more'));
      expect(await fixture.read(victim)).toEqual([]);
    });
  });
});
