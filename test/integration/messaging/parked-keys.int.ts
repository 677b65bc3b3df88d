import { randomUUID } from 'node:crypto';
import { parkedTopic } from '#libs/contracts';
import { listParked, ParkedDiscard, ParkedReplay } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { newInbox, type RunningConsumer, startConsumer } from './support/consumer.js';
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

const parkedNumbers = async (topic: string) => {
  const rows = await fixture.dataSource.query(
    `select code, value from parked_message where topic = $1 order by "offset"`,
    [topic],
  );
  return rows.map(
    ({ code, value }: { code: string; value: Buffer }) => `${JSON.parse(value.toString()).number} ${code}`,
  );
};

const replayOf = (handler: EffectHandler) => new ParkedReplay({ name: GROUP, dataSource: fixture.dataSource, handler });

const discardOf = (handler: EffectHandler) =>
  new ParkedDiscard({ name: GROUP, dataSource: fixture.dataSource, handler, holdsKey: () => true });

/** Sends numbers of one key; the second can not be handled. */
async function parkSecondOf(topic: string, key: string, numbers: number): Promise<EffectHandler> {
  const handler = new EffectHandler();
  consumer = await startConsumer(fixture, topic, handler, { parkKeys: true });
  for (let number = 1; number <= numbers; number += 1) {
    await fixture.producer.send(
      recordOf(topic, key, number === 2 ? { number, failWith: 'ERR_ENVELOPE_CAUSE' } : { number }),
    );
  }
  await eventually(async () => expect(await parkedNumbers(topic)).toHaveLength(numbers - 1));
  return handler;
}

describe('pitfall 10: a failed record of an order-critical aggregate', () => {
  it('parks its key: later records of it wait behind, others go on', async () => {
    const topic = await fixture.topic();
    const [key, other] = [randomUUID(), randomUUID()];
    await parkSecondOf(topic, key, 4);
    await fixture.producer.send(recordOf(topic, other, { number: 1 }));
    await eventually(async () => expect(await fixture.effects(other)).toEqual([1]));
    expect(await fixture.effects(key)).toEqual([1]);
    expect(await parkedNumbers(topic)).toEqual(['2 ERR_ENVELOPE_CAUSE', '3 ERR_KEY_PARKED', '4 ERR_KEY_PARKED']);
  });

  it('parks followers of the same batch too, when handling fails and when verifying fails', async () => {
    const topic = await fixture.topic();
    const [unverifiable, unworkable] = [randomUUID(), randomUUID()];
    await Promise.all([
      fixture.producer.send(recordOf(topic, unverifiable, { number: 1, refuseWith: 'ERR_ENVELOPE_SIGNATURE' })),
      fixture.producer.send(recordOf(topic, unworkable, { number: 2, failWith: 'sql' })),
      fixture.producer.send(recordOf(topic, unverifiable, { number: 3 })),
      fixture.producer.send(recordOf(topic, unworkable, { number: 4 })),
    ]);
    const handler = new EffectHandler();
    consumer = await startConsumer(fixture, topic, handler, { parkKeys: true });
    await eventually(async () => expect(await parkedNumbers(topic)).toHaveLength(4));
    expect(await parkedNumbers(topic)).toEqual([
      '1 ERR_ENVELOPE_SIGNATURE',
      '2 ERR_INTERNAL_UNEXPECTED',
      '3 ERR_KEY_PARKED',
      '4 ERR_KEY_PARKED',
    ]);
    expect([...(await fixture.effects(unverifiable)), ...(await fixture.effects(unworkable))]).toEqual([]);
  });

  it('parks followers within its own batch, of its key alone', async () => {
    const topic = await fixture.topic();
    const [key, other] = [randomUUID(), randomUUID()];
    await fixture.producer.send(recordOf(topic, key, { number: 1 }));
    await fixture.producer.send(recordOf(topic, key, { number: 2, refuseWith: 'ERR_ENVELOPE_SIGNATURE' }));
    await fixture.producer.send(recordOf(topic, other, { number: 3 }));
    await fixture.producer.send(recordOf(topic, key, { number: 4 }));
    const handler = new EffectHandler();
    const inbox = newInbox(fixture, handler, { parkKeys: true });
    const records = await fixture.read(topic);
    await inbox.process({ topic, partition: 0, records, heartbeat: async () => undefined });
    expect(handler.batches).toEqual([2]);
    expect(await parkedNumbers(topic)).toEqual(['2 ERR_ENVELOPE_SIGNATURE', '4 ERR_KEY_PARKED']);
    expect([await fixture.effects(key), await fixture.effects(other)]).toEqual([[1], [3]]);
  });

  it('without parkKeys only the record itself waits', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    consumer = await startConsumer(fixture, topic, new EffectHandler());
    for (const number of [1, 2, 3]) {
      await fixture.producer.send(recordOf(topic, key, number === 2 ? { number, failWith: 'bug' } : { number }));
    }
    await eventually(async () => expect(await fixture.effects(key)).toEqual([1, 3]));
    expect(await parkedNumbers(topic)).toEqual(['2 ERR_INTERNAL_UNEXPECTED']);
  });

  it('is never produced to its own topic again', async () => {
    const topic = await fixture.topic();
    await parkSecondOf(topic, randomUUID(), 3);
    const targets = await fixture.dataSource.query('select distinct topic from outbox_record where topic like $1', [
      `${topic}%`,
    ]);
    expect(targets).toEqual([{ topic: parkedTopic(topic, GROUP) }]);
    expect(await fixture.read(topic)).toHaveLength(3);
  });
});

describe('replay of parked records', () => {
  it('handles the record and then its followers in order, and sets the key free', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = await parkSecondOf(topic, key, 4);
    handler.mended = true;
    const [head] = await listParked(fixture.dataSource, { topic });
    expect(await replayOf(handler).replay(head!.id)).toEqual({ replayed: 3 });
    expect(await fixture.effects(key)).toEqual([1, 2, 3, 4]);
    expect(await listParked(fixture.dataSource, { topic })).toEqual([]);
    await fixture.producer.send(recordOf(topic, key, { number: 5 }));
    await eventually(async () => expect(await fixture.effects(key)).toEqual([1, 2, 3, 4, 5]));
  });

  it('leaves a record that fails again, with the new reason, and all behind it', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    await parkSecondOf(topic, key, 3);
    const broken = new EffectHandler();
    broken.before = () => {
      throw new TypeError('broken in another way');
    };
    const [head] = await listParked(fixture.dataSource, { topic });
    const outcome = await replayOf(broken).replay(head!.id);
    expect(outcome).toEqual({ replayed: 0, stopped: { id: head!.id, code: 'ERR_INTERNAL_UNEXPECTED' } });
    expect(await parkedNumbers(topic)).toEqual(['2 ERR_INTERNAL_UNEXPECTED', '3 ERR_KEY_PARKED']);
    expect(await fixture.effects(key)).toEqual([1]);
  });

  it('refuses a record that is not first of its key, and one that is not there', async () => {
    const topic = await fixture.topic();
    const handler = await parkSecondOf(topic, randomUUID(), 3);
    handler.mended = true;
    const [, follower] = await listParked(fixture.dataSource, { topic });
    await expect(replayOf(handler).replay(follower!.id)).rejects.toMatchObject({ code: 'ERR_KEY_PARKED' });
    await expect(replayOf(handler).replay('999999')).rejects.toMatchObject({ code: 'ERR_REQUEST_NOT_FOUND' });
    expect(await parkedNumbers(topic)).toHaveLength(2);
  });

  it('has no effect for a message that was handled from another record', async () => {
    const topic = await fixture.topic();
    const [key, id] = [randomUUID(), randomUUID()];
    const handler = new EffectHandler();
    consumer = await startConsumer(fixture, topic, handler);
    await fixture.producer.send(recordOf(topic, key, { id, number: 1, refuseWith: 'ERR_TRUST_UNKNOWN_KEY' }));
    await fixture.producer.send(recordOf(topic, key, { id, number: 1 }));
    await eventually(async () => expect(await fixture.effects(key)).toEqual([1]));
    handler.mended = true;
    const [parked] = await listParked(fixture.dataSource, { topic });
    expect(await replayOf(handler).replay(parked!.id)).toEqual({ replayed: 1 });
    expect(await fixture.effects(key)).toEqual([1]);
    expect(await listParked(fixture.dataSource, { topic })).toEqual([]);
  });

  it('has one effect when two operators replay the same record at once', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = await parkSecondOf(topic, key, 3);
    handler.mended = true;
    const [head] = await listParked(fixture.dataSource, { topic });
    const replays = await Promise.allSettled([replayOf(handler).replay(head!.id), replayOf(handler).replay(head!.id)]);
    expect(replays.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await fixture.effects(key)).toEqual([1, 2, 3]);
  });

  it('loses nothing that arrives while it runs, and keeps the order', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = await parkSecondOf(topic, key, 10);
    handler.mended = true;
    const [head] = await listParked(fixture.dataSource, { topic });
    const arriving = (async () => {
      for (let number = 11; number <= 40; number += 1) await fixture.producer.send(recordOf(topic, key, { number }));
    })();
    await replayOf(handler).replay(head!.id);
    await arriving;
    const all = Array.from({ length: 40 }, (_, index) => index + 1);
    await eventually(async () => expect(await fixture.effects(key)).toEqual(all));
    expect(await listParked(fixture.dataSource, { topic })).toEqual([]);
  });

  it('a record that arrives while its key is being released is handled, not parked behind nothing', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    await parkSecondOf(topic, key, 2);
    const release = Promise.withResolvers<void>();
    const deleted = Promise.withResolvers<void>();
    const releasing = fixture.dataSource.transaction(async (tx) => {
      await tx.query('delete from parked_message where topic = $1', [topic]);
      deleted.resolve();
      await release.promise;
    });
    await deleted.promise;
    await fixture.producer.send(recordOf(topic, key, { number: 3 }));
    await eventually(async () => {
      const waiting = await fixture.dataSource.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%key share%'`,
      );
      expect(waiting).toHaveLength(1);
    });
    release.resolve();
    await releasing;
    await eventually(async () => expect(await fixture.effects(key)).toEqual([1, 3]));
    expect(await listParked(fixture.dataSource, { topic })).toEqual([]);
  });

  it('shows where a record came from, not what it says', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    await parkSecondOf(topic, key, 2);
    const [summary] = await listParked(fixture.dataSource, { consumer: GROUP, topic, key });
    expect(summary).toEqual({
      id: expect.stringMatching(/^\d+$/),
      consumer: GROUP,
      topic,
      partition: 0,
      offset: 1n,
      key,
      code: 'ERR_ENVELOPE_CAUSE',
      appendedAt: expect.any(Date),
      parkedAt: expect.any(Date),
      bytes: expect.any(Number),
    });
    expect(await listParked(fixture.dataSource, { consumer: 'another', topic })).toEqual([]);
  });
});

describe('a discarded record', () => {
  it('is never handled, also when the topic is read again from its beginning, and holds nobody back', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = new EffectHandler();
    consumer = await startConsumer(fixture, topic, handler, { parkKeys: true });
    await fixture.producer.send(recordOf(topic, key, { number: 1, refuseWith: 'ERR_ENVELOPE_SIGNATURE' }));
    await fixture.producer.send(recordOf(topic, key, { number: 2 }));
    await eventually(async () => expect(await parkedNumbers(topic)).toHaveLength(2));
    const [first] = await listParked(fixture.dataSource, { topic });
    const discard = { id: first!.id, by: 'k', reason: 'Spoilt on the broker.', releaseKey: true };
    expect(await discardOf(handler).discard(discard)).toEqual({ replayed: 1 });
    await expect(discardOf(handler).discard(discard)).rejects.toMatchObject({ code: 'ERR_REQUEST_NOT_FOUND' });
    // Even if it would verify now.
    handler.mended = true;
    const records = await fixture.read(topic);
    const inbox = newInbox(fixture, handler, { parkKeys: true });
    await inbox.process({ topic, partition: 0, records, heartbeat: async () => undefined });
    await fixture.producer.send(recordOf(topic, key, { number: 3 }));
    await eventually(async () => expect(await fixture.effects(key)).toEqual([2, 3]));
    expect(await listParked(fixture.dataSource, { topic })).toEqual([]);
    expect(await parkedNumbers(topic)).toEqual(['1 ERR_ENVELOPE_SIGNATURE']);
  });

  it('is none that fails for a fault of the service', async () => {
    const topic = await fixture.topic();
    const key = randomUUID();
    const handler = await parkSecondOf(topic, key, 2);
    const [parked] = await listParked(fixture.dataSource, { topic });
    const discard = { id: parked!.id, by: 'k', reason: 'It fails.', releaseKey: true };
    await expect(discardOf(handler).discard(discard)).rejects.toMatchObject({ code: 'ERR_PARKED_WELL' });
    const broken = {
      verify: () => Promise.reject(new TypeError('undefined is not a function')),
      handle: async () => undefined,
    };
    const withBug = new ParkedDiscard({
      name: GROUP,
      dataSource: fixture.dataSource,
      handler: broken,
      holdsKey: () => true,
    });
    await expect(withBug.discard(discard)).rejects.toMatchObject({ code: 'ERR_PARKED_WELL' });
    expect(await parkedNumbers(topic)).toEqual(['2 ERR_ENVELOPE_CAUSE']);
  });
});
