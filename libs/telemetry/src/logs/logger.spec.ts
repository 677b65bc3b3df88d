import { SeraiError } from '#libs/errors';
import { runWithTraceparent } from '../traces/trace-context.js';
import { logFailure } from './log-failure.js';
import { createLogger, type Logger } from './logger.js';

const JWS = 'eyJhbGciOiJFZDI1NTE5In0.eyJpZCI6InBsYW50ZWQifQ.c2lnbmF0dXJl';

function capture(level = 'debug'): { logger: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  const written: string[] = [];
  const logger = createLogger({ app: 'gateway', level }, { write: (line) => void written.push(line) });
  return { logger, text: () => written.join(''), lines: () => written.map((line) => JSON.parse(line)) };
}

describe(createLogger.name, () => {
  it('writes time, level, app and message', () => {
    const { logger, lines } = capture();
    logger.info({ topic: 'requests.events' }, 'consumed');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        app: 'gateway',
        topic: 'requests.events',
        msg: 'consumed',
      },
    ]);
  });

  it('names the trace that is under way, and none outside', () => {
    const { logger, lines } = capture();
    runWithTraceparent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', () => logger.info('inside'));
    logger.info('outside');
    expect(lines()[0]).toMatchObject({ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' });
    expect(lines()[1]).not.toHaveProperty('trace_id');
  });

  it.each([
    ['a header', { headers: { authorization: 'Bearer planted' } }],
    ['a body', { request: { body: { title: 'planted' } } }],
    ['a content deep inside', { a: { b: { c: { content: 'planted' } } } }],
    ['a passphrase', { SERAI_KEYSTORE_PASSPHRASE: 'planted' }],
    ['a cookie', { 'set-cookie': 'planted' }],
    ['an envelope by its form', { note: `got ${JWS}` }],
    ['the password of a connection string', { address: 'postgres://hub:planted@127.0.0.1/db' }],
    ['bytes', { raw: Buffer.from('planted') }],
  ])('withholds %s', (_what, entry) => {
    const { logger, text } = capture();
    logger.info(entry, 'something');
    expect(text()).not.toContain('planted');
    expect(text()).not.toContain('cGxhbnRlZ');
  });

  it('withholds an envelope in the message itself', () => {
    const { logger, text } = capture();
    logger.info(`refused ${JWS}`);
    expect(text()).not.toContain('eyJ');
  });

  it('logs a SeraiError by code, message, detail, frames and cause', () => {
    const { logger, lines } = capture();
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    logger.error(
      { err: new SeraiError('ERR_BROKER_UNAVAILABLE', 'Try later.', { cause, detail: { topic: 't', token: 'x' } }) },
      'failed',
    );
    expect(lines()[0]).toMatchObject({
      msg: 'failed',
      err: {
        code: 'ERR_BROKER_UNAVAILABLE',
        message: 'Try later.',
        detail: { topic: 't', token: '(withheld)' },
        stack: expect.stringMatching(/^at /),
        cause: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' },
      },
    });
  });

  it('keeps no message that quotes what was handled', () => {
    const { logger, text } = capture();
    let syntaxError: unknown;
    try {
      JSON.parse('planted words');
    } catch (error) {
      syntaxError = error;
    }
    logger.error({ err: syntaxError }, 'failed');
    logger.error(syntaxError as Error);
    logger.error(
      { err: Object.assign(new Error('Key (name)=(planted) already exists.'), { code: '23505', query: 'planted' }) },
      'failed',
    );
    expect(text()).not.toContain('planted');
    expect(text()).toContain('23505');
  });
});

describe(logFailure.name, () => {
  it('logs what a caller did wrong at the level of its code, without a stack', () => {
    const { logger, lines } = capture();
    const cause = new SeraiError('ERR_TRUST_UNKNOWN_KEY', 'Unknown.', { detail: { kid: 'k' } });
    const error = new SeraiError('ERR_CALLER_UNAUTHENTICATED', 'No.', { cause, detail: { step: 'signature' } });
    logFailure(logger, error, 'refused', { route: '/v1/feed' });
    expect(lines()).toEqual([
      {
        ...{ level: 'info', time: expect.any(String), app: 'gateway', msg: 'refused', route: '/v1/feed' },
        ...{ code: 'ERR_CALLER_UNAUTHENTICATED', detail: { step: 'signature' } },
        cause: { code: 'ERR_TRUST_UNKNOWN_KEY', detail: { kid: 'k' } },
      },
    ]);
  });

  it('logs what is wrong here with its stack', () => {
    const { logger, lines } = capture();
    logFailure(logger, new SeraiError('ERR_BROKER_UNAVAILABLE', 'Later.'), 'refused');
    logFailure(logger, new TypeError('x is not a function'), 'refused');
    expect(lines()).toMatchObject([
      { level: 'error', err: { code: 'ERR_BROKER_UNAVAILABLE', stack: expect.any(String) } },
      { level: 'error', err: { name: 'TypeError', stack: expect.any(String) } },
    ]);
  });
});
