import { FEED_GENESIS, feedHash } from '#libs/envelope';
import { type AddressedEvent, growFeeds } from './feed-growth.js';

const RS = 'urn:serai:participant:rs';
const IQ = 'urn:serai:participant:iq';
const empty = (participant: string) => ({ participant, sequence: 0, hash: FEED_GENESIS });
const event = (id: string, participants: string[]): AddressedEvent => ({
  id,
  event: `${id}.b.c`,
  cause: undefined,
  place: { topic: 'requests.events', partition: 0, offset: 0n },
  participants,
});

describe(growFeeds.name, () => {
  it('numbers and chains each feed on its own, in the order of the events', () => {
    const { entries, ends } = growFeeds([empty(IQ), empty(RS)], [event('1', [RS, IQ]), event('2', [RS])]);
    const first = feedHash(FEED_GENESIS, '1.b.c');
    const second = feedHash(first, '2.b.c');
    expect(entries).toEqual([
      { participant: RS, sequence: 1, hash: first, eventId: '1' },
      { participant: IQ, sequence: 1, hash: first, eventId: '1' },
      { participant: RS, sequence: 2, hash: second, eventId: '2' },
    ]);
    expect(ends).toContainEqual({ participant: RS, sequence: 2, hash: second });
    expect(ends).toContainEqual({ participant: IQ, sequence: 1, hash: first });
  });

  it('goes on where the feed ended', () => {
    const end = { participant: RS, sequence: 41, hash: feedHash(FEED_GENESIS, 'x.y.z') };
    expect(growFeeds([end], [event('9', [RS])]).entries).toEqual([
      { participant: RS, sequence: 42, hash: feedHash(end.hash, '9.b.c'), eventId: '9' },
    ]);
  });

  it('gives another chain for other events, another order or another start', () => {
    const hashOfLast = (events: AddressedEvent[], start = FEED_GENESIS) =>
      growFeeds([{ participant: RS, sequence: 0, hash: start }], events).ends[0]?.hash;
    const [a, b] = [event('1', [RS]), event('2', [RS])];
    expect(
      new Set([
        hashOfLast([a, b]),
        hashOfLast([b, a]),
        hashOfLast([a]),
        hashOfLast([a, b], feedHash(FEED_GENESIS, 'q')),
      ]).size,
    ).toBe(4);
  });

  it('refuses to append to a feed that is not locked', () => {
    expect(() => growFeeds([empty(RS)], [event('1', [IQ])])).toThrow('not locked');
  });
});
