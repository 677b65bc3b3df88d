import { ERROR_TABLE, isSeraiError, SeraiError, toProblem } from './index.js';

describe(SeraiError.name, () => {
  it('keeps code, message, cause and detail', () => {
    const cause = new Error('socket closed');
    const error = new SeraiError('ERR_BROKER_UNAVAILABLE', 'Try again later.', { cause, detail: { topic: 't' } });
    expect(error).toMatchObject({
      code: 'ERR_BROKER_UNAVAILABLE',
      message: 'Try again later.',
      cause,
      detail: { topic: 't' },
    });
    expect(error.row.disposition).toBe('retry');
  });

  it('is told apart by code', () => {
    const error = new SeraiError('ERR_LEG_UNKNOWN', 'No such leg.');
    expect(isSeraiError(error)).toBe(true);
    expect(isSeraiError(error, 'ERR_LEG_UNKNOWN')).toBe(true);
    expect(isSeraiError(error, 'ERR_LEG_DUPLICATE')).toBe(false);
    expect(isSeraiError(new Error('No such leg.'))).toBe(false);
  });
});

describe('ERROR_TABLE', () => {
  it.each(Object.entries(ERROR_TABLE))('%s is named, has an HTTP status and a sentence', (code, row) => {
    expect(code).toMatch(/^ERR_[A-Z]+(_[A-Z]+)+$/);
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(600);
    expect(row.title).toMatch(/\.$/);
  });
});

describe(toProblem.name, () => {
  it('hands out code and message', () => {
    expect(toProblem(new SeraiError('ERR_LEG_DUPLICATE', 'Sent before.'))).toEqual({
      type: 'urn:serai:problem:ERR_LEG_DUPLICATE',
      title: 'This leg was submitted before.',
      status: 409,
      code: 'ERR_LEG_DUPLICATE',
      detail: 'Sent before.',
    });
  });

  it('never hands out detail, cause or foreign messages', () => {
    const secret = 'password=hunter2';
    const wrapped = new SeraiError('ERR_INTERNAL_UNEXPECTED', 'Internal error.', {
      cause: new Error(secret),
      detail: { secret },
    });
    expect(JSON.stringify(toProblem(wrapped))).not.toContain(secret);
    expect(JSON.stringify(toProblem(new Error(secret)))).not.toContain(secret);
  });
});
