import { CONSUMER_RETRY, createClient, PRODUCER_RETRY } from './kafkajs-client.js';

const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
const connection = { brokers: ['127.0.0.1:1'], clientId: 'test', topicPrefix: '', logger };

describe('pitfall 8: NODE_ENV=test changes kafkajs', () => {
  it.each([
    ['producer', PRODUCER_RETRY],
    ['consumer', CONSUMER_RETRY],
  ])('every value of retrying that the %s could take from it is set here', (_, retry) => {
    for (const name of ['initialRetryTime', 'maxRetryTime', 'factor', 'multiplier', 'retries'] as const) {
      expect(retry[name]).toBeGreaterThan(0);
    }
  });

  it('the client gives up on a broker that is not there', async () => {
    const admin = createClient(connection).admin();
    await expect(admin.connect()).rejects.toThrow();
    await admin.disconnect();
  }, 15_000);
});

describe('what kafkajs has to say', () => {
  it('is never above a warning and carries no contents', () => {
    expect(logger.error).not.toHaveBeenCalled();
    expect(logger.warn).toHaveBeenCalled();
    for (const [fields] of logger.warn.mock.calls) {
      expect(Object.keys(fields).toSorted()).toEqual(['broker', 'client', 'error', 'groupId', 'retryCount']);
    }
  });
});
