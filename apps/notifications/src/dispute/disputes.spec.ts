import { FEED_GENESIS, feedHash } from '#libs/envelope';
import { findingOf } from './disputes.js';

const [first, second] = [feedHash(FEED_GENESIS, 'a.b.c'), feedHash(feedHash(FEED_GENESIS, 'a.b.c'), 'd.e.f')];

describe(findingOf.name, () => {
  it('is INTACT where the feed goes on well, or ends there', () => {
    const next = { hash: second, event: 'd.e.f' };
    expect(findingOf({ sequence: 1, hash: first }, { end: 2, hash: first, next })).toBe('INTACT');
    expect(findingOf({ sequence: 1, hash: first }, { end: 1, hash: first, next: null })).toBe('INTACT');
    const begin = { hash: first, event: 'a.b.c' };
    expect(findingOf({ sequence: 0, hash: FEED_GENESIS }, { end: 1, hash: null, next: begin })).toBe('INTACT');
    expect(findingOf({ sequence: 0, hash: FEED_GENESIS }, { end: 0, hash: null, next: null })).toBe('INTACT');
  });

  it('is DAMAGED where the next entry is missing, lost its event or does not fit', () => {
    const at = { sequence: 1, hash: first };
    expect(findingOf(at, { end: 2, hash: first, next: null })).toBe('DAMAGED');
    expect(findingOf(at, { end: 2, hash: first, next: { hash: second, event: null } })).toBe('DAMAGED');
    expect(findingOf(at, { end: 2, hash: first, next: { hash: second, event: 'd.e.F' } })).toBe('DAMAGED');
    expect(findingOf(at, { end: 2, hash: first, next: { hash: first, event: 'd.e.f' } })).toBe('DAMAGED');
  });

  it('is FORKED where another entry stands at that place, or none', () => {
    const next = { hash: second, event: 'd.e.f' };
    expect(findingOf({ sequence: 1, hash: second }, { end: 2, hash: first, next })).toBe('FORKED');
    expect(findingOf({ sequence: 9, hash: first }, { end: 2, hash: null, next: null })).toBe('FORKED');
    expect(findingOf({ sequence: 0, hash: first }, { end: 2, hash: null, next })).toBe('FORKED');
  });
});
