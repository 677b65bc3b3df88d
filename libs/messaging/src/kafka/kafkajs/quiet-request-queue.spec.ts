import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import './quiet-request-queue.js';

let queue: RequestQueue;
const sent: number[] = [];

const push = (correlationId: number): void =>
  queue.push({
    entry: { correlationId, resolve: () => undefined },
    expectResponse: true,
    sendRequest: () => void sent.push(correlationId),
  });
const answer = (correlationId: number): void =>
  queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });

beforeEach(() => {
  jest.useFakeTimers();
  sent.length = 0;
  queue = new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: '127.0.0.1:1',
    logger: { debug: () => undefined, warn: () => undefined },
  });
});
afterEach(() => jest.useRealTimers());

describe('the queue of requests of kafkajs', () => {
  it('has no timer while nothing waits', () => {
    push(1);
    answer(1);
    expect(sent).toEqual([1]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends what waits for an answer when that comes', () => {
    push(1);
    push(2);
    expect(sent).toEqual([1]);
    answer(1);
    expect(sent).toEqual([1, 2]);
  });

  it('sends what waits for the end of a throttling then, and not before', () => {
    queue.maybeThrottle(500);
    push(1);
    jest.advanceTimersByTime(400);
    expect(sent).toEqual([]);
    jest.advanceTimersByTime(200);
    expect(sent).toEqual([1]);
    answer(1);
    jest.runOnlyPendingTimers();
    expect(jest.getTimerCount()).toBe(0);
  });
});
