import { QueryFailedError } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { orUnavailable } from './index.js';

const fromDatabase = (code: string) =>
  new QueryFailedError('select 1', [], Object.assign(new Error('failed'), { code }));
const thrownFor = (error: unknown): unknown => {
  try {
    return orUnavailable('Try again later.')(error);
  } catch (thrown) {
    return thrown;
  }
};

it('says that the database is away, or full: both pass', () => {
  const away = thrownFor(fromDatabase('57P03'));
  expect(away).toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE', message: 'Try again later.' });
  const full = thrownFor(fromDatabase('53100'));
  expect(full).toMatchObject({ code: 'ERR_DATABASE_FULL', row: { status: 503, disposition: 'retry' } });
  expect((full as Error).cause).toMatchObject({ driverError: { code: '53100' } });
});

it('lets everything else pass as it is', () => {
  for (const error of [fromDatabase('23505'), new TypeError('x'), new SeraiError('ERR_BROKER_UNAVAILABLE', 'Later.')]) {
    expect(thrownFor(error)).toBe(error);
  }
});
