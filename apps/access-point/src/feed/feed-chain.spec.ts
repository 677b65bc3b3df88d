import type { FeedEntry } from '#libs/contracts';
import { feedHash } from '#libs/envelope';
import { FEED_START, type FeedPosition, followFeed } from './feed-chain.js';

function chainOf(...events: string[]): FeedEntry[] {
  let previous = FEED_START.head;
  return events.map((event, index) => {
    previous = feedHash(previous, event);
    return { sequence: index + 1, hash: previous, event };
  });
}

const follow = (entries: readonly FeedEntry[]): FeedPosition => entries.reduce(followFeed, FEED_START);
const brokenAt = (step: string) =>
  expect.objectContaining({ code: 'ERR_FEED_BROKEN', detail: expect.objectContaining({ step }) });

describe(followFeed.name, () => {
  it('follows a whole chain to its head', () => {
    const chain = chainOf('a', 'b', 'c');
    expect(follow(chain)).toEqual({ sequence: 3, head: chain[2]!.hash });
  });

  it('refuses a gap, also one whose hashes fit', () => {
    const [first, , third] = chainOf('a', 'b', 'c');
    expect(() => follow([first!, third!])).toThrow(brokenAt('gap'));
    const [, relinked] = chainOf('a', 'c');
    expect(() => follow([first!, { ...relinked!, sequence: 3 }])).toThrow(brokenAt('gap'));
  });

  it('refuses a repeat', () => {
    const [first, second] = chainOf('a', 'b');
    expect(() => follow([first!, first!])).toThrow(brokenAt('repeat'));
    expect(() => follow([first!, second!, first!])).toThrow(brokenAt('repeat'));
    expect(() => follow([{ ...first!, sequence: 0 }])).toThrow(brokenAt('repeat'));
  });

  it('refuses a changed event, a changed hash and another past', () => {
    const [first, second] = chainOf('a', 'b');
    expect(() => follow([{ ...first!, event: 'A' }])).toThrow(brokenAt('hash'));
    expect(() => follow([{ ...first!, hash: second!.hash }])).toThrow(brokenAt('hash'));
    const [, rewritten] = chainOf('x', 'b');
    expect(() => follow([first!, rewritten!])).toThrow(brokenAt('hash'));
  });
});
