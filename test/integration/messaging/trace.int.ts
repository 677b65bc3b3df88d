import { randomUUID } from 'node:crypto';
import { currentTraceId, runWithTraceparent } from '#libs/telemetry';
import { eventually, failOnLeaks } from '#libs/testing';
import { type RunningConsumer, startConsumer } from './support/consumer.js';
import { EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture } from './support/fixture.js';

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

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

/** Keeps the trace in which each step ran. */
class TracedHandler extends EffectHandler {
  readonly verified: (string | undefined)[] = [];
  readonly handled: (string | undefined)[] = [];

  constructor() {
    super();
    const verify = this.verify.bind(this);
    this.verify = (record) => {
      this.verified.push(currentTraceId());
      return verify(record);
    };
    this.before = () => {
      this.handled.push(currentTraceId());
    };
  }
}

describe('trace context', () => {
  it('travels in the header of a record from the producer into verify and handle', async () => {
    const topic = await fixture.topic();
    const handler = new TracedHandler();
    await fixture.producer.send({ ...recordOf(topic, randomUUID(), { number: 1 }), headers });
    consumer = await startConsumer(fixture, topic, handler, { runWithTraceparent });
    await eventually(() => expect(handler.handled).toEqual([TRACE]));
    expect(handler.verified).toEqual([TRACE]);
  });

  it('of a batch reaches each verify; handle, which has many, sees the headers', async () => {
    const topic = await fixture.topic();
    const handler = new TracedHandler();
    const seen: (string | undefined)[] = [];
    handler.before = (messages) => {
      seen.push(...messages.map(({ record }) => record.headers['traceparent']));
    };
    const record = () => recordOf(topic, randomUUID(), { number: 1 });
    await Promise.all([fixture.producer.send({ ...record(), headers }), fixture.producer.send(record())]);
    consumer = await startConsumer(fixture, topic, handler, { runWithTraceparent });
    await eventually(() => expect(seen).toEqual([headers.traceparent, undefined]));
    expect(handler.verified[0]).toBe(TRACE);
    expect(handler.verified[1]).not.toBe(TRACE);
  });
});
