import { randomUUID } from 'node:crypto';
import { eventually, failOnLeaks } from '#libs/testing';
import { committedOffsets } from './support/admin.js';
import { type RunningConsumer, startConsumer } from './support/consumer.js';
import { EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(120_000);

let fixture: Fixture;
const consumers: RunningConsumer[] = [];

beforeAll(async () => {
  fixture = await createFixture();
});
afterEach(async () => {
  for (const consumer of consumers.splice(0)) await consumer.stop();
});
afterAll(() => fixture.close());
failOnLeaks();

async function join(topic: string): Promise<RunningConsumer> {
  const database = await fixture.database.connect({ poolSize: 6 });
  const consumer = await startConsumer(fixture, topic, new EffectHandler(), { dataSource: database, parkKeys: true });
  consumers.push(consumer);
  return consumer;
}

describe('pitfall 21: rebalance storms on deploy', () => {
  it('instances come and go while records flow: each has one effect, in the order of its key', async () => {
    const topic = await fixture.topic(4);
    const keys = Array.from({ length: 12 }, () => randomUUID());
    const rounds = 60;
    await join(topic);
    const sending = (async () => {
      for (let number = 1; number <= rounds; number += 1) {
        await Promise.all(keys.map((key) => fixture.producer.send(recordOf(topic, key, { number }))));
        await eventually(async () => expect(await handled()).toBeGreaterThan((number - 20) * keys.length), {
          timeoutMs: 20_000,
        });
      }
    })();
    // As a rolling deployment does: one more, one less.
    for (let deploy = 0; deploy < 3; deploy += 1) {
      await join(topic);
      await eventually(() => expect(consumers.at(-1)!.strategy.liveness().live).toBe(true));
      await consumers.shift()!.stop();
    }
    await sending;
    await eventually(async () => expect(await handled()).toBe(rounds * keys.length));
    const expected = Array.from({ length: rounds }, (_, index) => index + 1);
    for (const key of keys) expect(await fixture.effects(key)).toEqual(expected);
    expect(consumers.flatMap(({ crashes }) => crashes)).toEqual([]);
  });

  it('partitions are shared by those who are there, and what was done is committed before they move', async () => {
    const topic = await fixture.topic(4);
    const first = await join(topic);
    const keys = Array.from({ length: 40 }, () => randomUUID());
    await Promise.all(keys.map((key) => fixture.producer.send(recordOf(topic, key, { number: 1 }))));
    const second = await join(topic);
    await eventually(() => expect(second.strategy.liveness().live).toBe(true));
    for (const key of keys) await eventually(async () => expect(await fixture.effects(key)).toEqual([1]));
    await first.stop();
    await second.stop();
    const committed = await committedOffsets(fixture, topic);
    expect(committed.reduce((sum, offset) => sum + offset, 0n)).toBe(40n);
  });

  async function handled(): Promise<number> {
    return (await fixture.dataSource.query('select count(*)::int as count from effect'))[0].count;
  }
});
