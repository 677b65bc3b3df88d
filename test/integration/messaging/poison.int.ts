import { randomUUID } from 'node:crypto';
import { parkedTopic } from '#libs/contracts';
import { listParked } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { type RunningConsumer, startConsumer } from './support/consumer.js';
import { EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture, GROUP } from './support/fixture.js';

jest.setTimeout(60_000);

let fixture: Fixture;
let consumer: RunningConsumer | undefined;

beforeAll(async () => {
  fixture = await createFixture();
});
afterEach(async () => {
  await consumer?.stop();
  consumer = undefined;
});
afterAll(() => fixture.close());
failOnLeaks();

const parkedCodes = async (topic: string) => (await listParked(fixture.dataSource, { topic })).map(({ code }) => code);

describe('pitfall 2: a poison message blocks its partition for ever', () => {
  it('parks the record that can not be verified and goes on behind it', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    await fixture.producer.send(recordOf(topic, key, { number: 1 }));
    await fixture.producer.send(recordOf(topic, key, { number: 2, refuseWith: 'ERR_ENVELOPE_SIGNATURE' }));
    await fixture.producer.send(recordOf(topic, key, { number: 3 }));
    consumer = await startConsumer(fixture, topic, new EffectHandler());
    await eventually(async () => expect(await fixture.effects(key)).toEqual([1, 3]));
    expect(await parkedCodes(topic)).toEqual(['ERR_ENVELOPE_SIGNATURE']);
    expect(consumer.crashes).toEqual([]);
  });

  it('isolates the one record of a large batch that fails in the database', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const numbers = Array.from({ length: 200 }, (_, number) => number);
    const records = numbers.map((number) =>
      recordOf(topic, key, number === 77 ? { number, failWith: 'sql' } : { number }),
    );
    await Promise.all(records.map((record) => fixture.producer.send(record)));
    const handler = new EffectHandler();
    consumer = await startConsumer(fixture, topic, handler);
    await eventually(async () => expect(await fixture.effects(key)).toEqual(numbers.filter((number) => number !== 77)));
    expect(await parkedCodes(topic)).toEqual(['ERR_INTERNAL_UNEXPECTED']);
    // Halving: far fewer transactions than records.
    expect(handler.batches.length).toBeLessThan(25);
  });

  it.each([
    ['nothing at all', Buffer.alloc(0)],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['half a document', Buffer.from('{"id": "')],
    ['a deep document', Buffer.from('['.repeat(200_000))],
  ])('parks %s with its very bytes', async (_, value) => {
    const topic = await fixture.topic();
    const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', nul: 'a\0b' };
    await fixture.producer.send({ topic, key: 'a key\0that is none', value, headers });
    consumer = await startConsumer(fixture, topic, new EffectHandler());
    await eventually(async () => expect(await parkedCodes(topic)).toEqual(['ERR_RECORD_MALFORMED']));
    const [row] = await fixture.dataSource.query('select value, headers, key from parked_message where topic = $1', [
      topic,
    ]);
    expect(Buffer.compare(row.value, value)).toBe(0);
    expect(row.headers).toEqual({ ...headers, nul: 'a\uFFFDb' });
    expect(row.key).toBe('a key\uFFFDthat is none');
  });

  it('hands the parked record to the outbox for the topic of parked records, in the same transaction', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const record = recordOf(topic, key, { number: 1, refuseWith: 'ERR_ENVELOPE_SCHEMA' });
    const { offset } = await fixture.producer.send({ ...record, headers: { traceparent: 'kept' } });
    consumer = await startConsumer(fixture, topic, new EffectHandler());
    await eventually(async () => expect(await parkedCodes(topic)).toHaveLength(1));
    const [row] = await fixture.dataSource.query('select * from outbox_record where key = $1', [key]);
    expect(row).toMatchObject({
      topic: parkedTopic(topic, GROUP),
      value: record.value,
      headers: {
        traceparent: 'kept',
        'serai-parked-code': 'ERR_ENVELOPE_SCHEMA',
        'serai-parked-topic': topic,
        'serai-parked-partition': '0',
        'serai-parked-offset': offset.toString(),
      },
    });
  });
});

describe('pitfall 3: error identity is lost', () => {
  it.each([
    ['ERR_ENVELOPE_CAUSE', 'ERR_ENVELOPE_CAUSE'],
    ['ERR_LEG_UNKNOWN', 'ERR_LEG_UNKNOWN'],
    ['bug', 'ERR_INTERNAL_UNEXPECTED'],
    ['sql', 'ERR_INTERNAL_UNEXPECTED'],
  ] as const)('a handler that fails with %s parks with %s and the log has the cause', async (failWith, code) => {
    const topic = await fixture.topic();
    const key = randomUUID();
    await fixture.producer.send(recordOf(topic, key, { number: 1, failWith }));
    consumer = await startConsumer(fixture, topic, new EffectHandler());
    await eventually(async () => expect(await parkedCodes(topic)).toEqual([code]));
    expect(await fixture.effects(key)).toEqual([]);
    const entry = fixture.logger.entries.find(({ fields }) => 'topic' in fields && fields.topic === topic);
    expect(entry).toMatchObject({ level: 'warn', fields: { code, offset: '0' }, message: 'the record is parked' });
    expect(JSON.stringify(entry)).toMatch(/SeraiError|TypeError|QueryFailedError/);
  });
});

describe('pitfall 4: exception filters have a trap return value', () => {
  it('no filter decides: the consumer itself settles a failed record, once, and not again after a restart', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = new EffectHandler();
    consumer = await startConsumer(fixture, topic, handler);
    await fixture.producer.send(recordOf(topic, key, { number: 1, failWith: 'bug' }));
    await fixture.producer.send(recordOf(topic, key, { number: 2 }));
    await eventually(async () => expect(await fixture.effects(key)).toEqual([2]));
    await consumer.stop();
    const before = handler.batches.length;
    consumer = await startConsumer(fixture, topic, handler);
    await fixture.producer.send(recordOf(topic, key, { number: 3 }));
    await eventually(async () => expect(await fixture.effects(key)).toEqual([2, 3]));
    expect(handler.batches.length).toBe(before + 1);
  });
});

describe('pitfall 5: throwing outside the handler kills the consumer silently', () => {
  it.each([TypeError, RangeError, ReferenceError, SyntaxError])(
    '%p while verifying parks like any other',
    async (Kind) => {
      const topic = await fixture.topic();
      const key = randomUUID();
      const handler = new EffectHandler();
      const verify = handler.verify.bind(handler);
      handler.verify = async (record) => {
        const command = await verify(record);
        if (command.number === 1) throw new Kind('thrown by the test');
        return command;
      };
      await fixture.producer.send(recordOf(topic, key, { number: 1 }));
      await fixture.producer.send(recordOf(topic, key, { number: 2 }));
      consumer = await startConsumer(fixture, topic, handler);
      await eventually(async () => expect(await fixture.effects(key)).toEqual([2]));
      expect(await parkedCodes(topic)).toEqual(['ERR_INTERNAL_UNEXPECTED']);
      expect(consumer.crashes).toEqual([]);
      expect(consumer.strategy.liveness().live).toBe(true);
    },
  );
});
