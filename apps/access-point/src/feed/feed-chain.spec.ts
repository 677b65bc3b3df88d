import type { FeedEntry, FeedFault } from '#libs/contracts';
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
const brokenAt = (fault: FeedFault) => expect.objectContaining({ code: 'ERR_FEED_BROKEN', fault });

describe(followFeed.name, () => {
  it('follows a whole chain to its head', () => {
    const chain = chainOf('a', 'b', 'c');
    expect(follow(chain)).toEqual({ sequence: 3, head: chain[2]!.hash });
  });

  it('refuses a gap, also one whose hashes fit', () => {
    const [first, , third] = chainOf('a', 'b', 'c');
    expect(() => follow([first!, third!])).toThrow(brokenAt('GAP'));
    const [, relinked] = chainOf('a', 'c');
    expect(() => follow([first!, { ...relinked!, sequence: 3 }])).toThrow(brokenAt('GAP'));
  });

  it('refuses a repeat', () => {
    const [first, second] = chainOf('a', 'b');
    expect(() => follow([first!, first!])).toThrow(brokenAt('REPEAT'));
    expect(() => follow([first!, second!, first!])).toThrow(brokenAt('REPEAT'));
    expect(() => follow([{ ...first!, sequence: 0 }])).toThrow(brokenAt('REPEAT'));
  });

  it('refuses a changed event, a changed hash and another past', () => {
    const [first, second] = chainOf('a', 'b');
    expect(() => follow([{ ...first!, event: 'A' }])).toThrow(brokenAt('CHANGED'));
    expect(() => follow([{ ...first!, hash: second!.hash }])).toThrow(brokenAt('CHANGED'));
    const [, rewritten] = chainOf('x', 'b');
    expect(() => follow([first!, rewritten!])).toThrow(brokenAt('CHANGED'));
  });
});
