import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Outbox } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { type RunningConsumer, startConsumer, startTransport } from './support/consumer.js';
import { EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture, GROUP, newMetrics } from './support/fixture.js';

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

/** Value of the first sample whose line begins like this. */
async function sample(registry: { metrics(): Promise<string> }, start: string): Promise<number | undefined> {
  const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(start));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe('pitfall 22: lag is a product metric', () => {
  it('shows how far a consumer is behind, while it is, and when it has caught up', async () => {
    const topic = await fixture.topic();
    const { registry, metrics } = newMetrics(fixture.dataSource);
    const release = Promise.withResolvers<void>();
    for (let number = 0; number < 7; number += 1)
      await fixture.producer.send(recordOf(topic, randomUUID(), { number }));
    consumer = await startTransport(fixture, [topic], { metrics, receive: () => release.promise });
    const lag = `serai_consumer_lag_records{topic="${topic}",partition="0"}`;
    await eventually(async () => expect(await sample(registry, lag)).toBe(7));
    release.resolve();
    await eventually(async () => expect(await sample(registry, lag)).toBe(0));
  });

  it('shows the age of the oldest unsent outbox row', async () => {
    const topic = await fixture.topic();
    const { registry } = newMetrics(fixture.dataSource);
    expect(await sample(registry, 'serai_outbox_oldest_unsent_seconds')).toBe(0);
    await fixture.dataSource.transaction((tx) => new Outbox().add(tx, [recordOf(topic, randomUUID(), { number: 1 })]));
    await pause(300);
    const age = await sample(registry, 'serai_outbox_oldest_unsent_seconds');
    expect(age).toBeGreaterThan(0.25);
    expect(age).toBeLessThan(30);
    await fixture.dataSource.query('delete from outbox_record');
    expect(await sample(registry, 'serai_outbox_oldest_unsent_seconds')).toBe(0);
  });

  it('shows how many records are parked, and what became of all of them', async () => {
    const topic = await fixture.topic();
    const { registry, metrics } = newMetrics(fixture.dataSource);
    const record = recordOf(topic, randomUUID(), { number: 1 });
    for (const each of [record, record, recordOf(topic, randomUUID(), { number: 2, failWith: 'bug' })])
      await fixture.producer.send(each);
    consumer = await startConsumer(fixture, topic, new EffectHandler(), { metrics });
    const count = (outcome: string) =>
      sample(registry, `serai_consumer_records_total{topic="${topic}",outcome="${outcome}"}`);
    await eventually(async () => expect(await count('parked')).toBe(1));
    expect(await count('handled')).toBe(1);
    expect(await count('duplicate')).toBe(1);
    expect(await sample(registry, `serai_parked_messages{consumer="${GROUP}"}`)).toBe(1);
    await fixture.dataSource.query('delete from parked_message');
    expect(await sample(registry, 'serai_parked_messages{')).toBeUndefined();
  });

  it('counts batches that are tried again', async () => {
    const topic = await fixture.topic();
    const { registry, metrics } = newMetrics(fixture.dataSource);
    const handler = new EffectHandler();
    let failures = 0;
    handler.before = () => {
      failures += 1;
      if (failures <= 2) throw Object.assign(new Error('the test says so'), { code: 'ECONNREFUSED' });
    };
    await fixture.producer.send(recordOf(topic, randomUUID(), { number: 1 }));
    consumer = await startConsumer(fixture, topic, handler, { metrics });
    await eventually(async () =>
      expect(await sample(registry, `serai_consumer_retries_total{topic="${topic}"}`)).toBe(2),
    );
  });

  it('can be read while the database is away', async () => {
    const lost = await fixture.database.connect();
    const { registry } = newMetrics(lost);
    await lost.destroy();
    expect(await registry.metrics()).toContain('serai_consumer_records_total');
  });
});
