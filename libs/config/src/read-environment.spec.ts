import { z } from 'zod';
import { SeraiError } from '#libs/errors';
import { brokerList, flag, httpUrl, listenPort, logLevel, postgresUrl, readEnvironment, secret } from './index.js';

const schema = z.object({
  SERAI_X_PORT: listenPort(4100),
  SERAI_X_URL: httpUrl,
  SERAI_X_TRUST: flag,
  SERAI_LOG_LEVEL: logLevel,
  SERAI_X_PASSPHRASE: secret.optional(),
});

function refusal(env: NodeJS.ProcessEnv, of: z.ZodType = schema): string {
  try {
    readEnvironment(env, of);
  } catch (error) {
    if (error instanceof SeraiError && error.code === 'ERR_CONFIG_INVALID') return error.message;
  }
  throw new Error('was not refused');
}

describe(readEnvironment.name, () => {
  it('reads values and fills defaults', () => {
    expect(readEnvironment({ SERAI_X_URL: 'https://hub.example/', SERAI_X_TRUST: '1', HOME: '/h' }, schema)).toEqual({
      SERAI_X_PORT: 4100,
      SERAI_X_URL: 'https://hub.example',
      SERAI_X_TRUST: true,
      SERAI_LOG_LEVEL: 'info',
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(refusal({ SERAI_X_URL: '' })).toBe('Wrong configuration: SERAI_X_URL is not set.');
  });

  it('names every wrong variable in one sentence', () => {
    const sentence = refusal({ SERAI_X_URL: 'ftp://hub', SERAI_X_PORT: '70000', SERAI_LOG_LEVEL: 'loud' });
    expect(sentence).toContain('SERAI_X_PORT must be a port from 0 to 65535');
    expect(sentence).toContain('SERAI_X_URL must be an http or https address');
    expect(sentence).toContain('SERAI_LOG_LEVEL must be one of trace, debug');
  });

  it('never quotes a value', () => {
    const sentence = refusal({
      SERAI_X_URL: 'hunter2',
      SERAI_X_PORT: 'hunter2',
      SERAI_LOG_LEVEL: 'hunter2',
      SERAI_X_TRUST: 'hunter2',
    });
    expect(sentence).not.toContain('hunter2');
  });

  it('reads lists of brokers and refuses an address without a port', () => {
    const brokers = z.object({ B: brokerList });
    expect(readEnvironment({ B: '127.0.0.1:4160, kafka:9092' }, brokers)).toEqual({
      B: ['127.0.0.1:4160', 'kafka:9092'],
    });
    expect(refusal({ B: 'kafka' }, brokers)).toContain('B must be host:port');
  });

  it('refuses a connection string of another database', () => {
    expect(refusal({ P: 'mysql://u:p@h/d' }, z.object({ P: postgresUrl }))).toContain('P must be a postgres');
  });
});
