import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { isTransient } from './index.js';
import { isConflict } from './transient-errors.js';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });
const fromDatabase = (code: string) => new QueryFailedError('select 1', [], withCode(code));

describe(isTransient.name, () => {
  it.each([
    ['08006', 'connection failure'],
    ['57P01', 'terminated by an administrator'],
    ['57P03', 'starting up'],
    ['53300', 'too many connections'],
    ['53100', 'the disk is full'],
    ['40001', 'serialization failure'],
    ['40P01', 'deadlock'],
    ['55P03', 'lock not available'],
    ['25P03', 'idle in transaction for too long'],
  ])('SQLSTATE %s (%s) is', (code) => {
    expect(isTransient(fromDatabase(code))).toBe(true);
  });

  it.each([
    ['23505', 'unique violation'],
    ['22P02', 'malformed text'],
    ['42P01', 'no such table'],
    ['57014', 'cancelled'],
  ])('SQLSTATE %s (%s) is not', (code) => {
    expect(isTransient(fromDatabase(code))).toBe(false);
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE'])('network error %s is', (code) => {
    expect(isTransient(withCode(code))).toBe(true);
    expect(isTransient(new AggregateError([withCode(code), withCode(code)]))).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
  ])('"%s" is', (message) => {
    expect(isTransient(new Error(message))).toBe(true);
  });

  it('a transaction that goes on after its connection has ended is', () => {
    expect(isTransient(new QueryRunnerAlreadyReleasedError())).toBe(true);
    expect(isTransient(new QueryRunnerProviderAlreadyReleasedError())).toBe(true);
  });

  it('follows the error table for our own errors', () => {
    expect(isTransient(new SeraiError('ERR_BROKER_UNAVAILABLE', 'Try later.'))).toBe(true);
    expect(isTransient(new SeraiError('ERR_ENVELOPE_SIGNATURE', 'No.'))).toBe(false);
  });

  it('is careful with the rest', () => {
    for (const value of [
      undefined,
      null,
      'ECONNRESET',
      { code: 'ECONNRESET' },
      new Error('boom'),
      new TypeError('x'),
    ]) {
      expect(isTransient(value)).toBe(false);
    }
  });
});

describe(isConflict.name, () => {
  it('is true for the two codes only', () => {
    expect(['40001', '40P01', '55P03', '08006'].map((code) => isConflict(fromDatabase(code)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
