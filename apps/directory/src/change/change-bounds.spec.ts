import type { DirectoryChange } from '#libs/contracts';
import { assertMoment } from './change-bounds.js';

const now = new Date('2026-11-22T12:00:00Z');
const beginning = (kind: string, effectiveFrom: string) => ({ kind, effectiveFrom }) as DirectoryChange;
const refused = expect.objectContaining({ code: 'ERR_DIRECTORY_MOMENT' });

describe(assertMoment.name, () => {
  it.each([
    ['key-registered', '2026-11-22T11:00:00Z'],
    ['participant-admitted', '2028-11-20T00:00:00Z'],
    ['key-status-changed', '2020-01-01T00:00:00Z'],
  ])('takes %s from %s', (kind, from) => {
    expect(() => assertMoment(beginning(kind, from), now)).not.toThrow();
  });

  it.each([
    ['key-registered', '2026-11-22T10:59:59Z'],
    ['participant-admitted', '2026-11-21T12:00:00Z'],
    ['agreement-recorded', '2029-01-01T00:00:00Z'],
    ['key-status-changed', '2029-01-01T00:00:00Z'],
  ])('refuses %s from %s', (kind, from) => {
    expect(() => assertMoment(beginning(kind, from), now)).toThrow(refused);
  });
});
