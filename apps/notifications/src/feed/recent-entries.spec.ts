import { FEED_GENESIS } from '#libs/envelope';
import { type AddressedEvent, type FeedEnd, growFeeds } from './feed-growth.js';
import { RecentEntries } from './recent-entries.js';

const RS = 'urn:serai:participant:rs';
const IQ = 'urn:serai:participant:iq';
const START: FeedEnd[] = [RS, IQ].map((participant) => ({ participant, sequence: 0, hash: FEED_GENESIS }));

const event = (text: string, participants: readonly string[] = [RS]): AddressedEvent => ({
  id: crypto.randomUUID(),
  event: text,
  cause: undefined,
  place: { topic: 'requests.events', partition: 0, offset: 7n },
  participants,
});

/** Grows the feeds and offers it; the ends, to be confirmed. */
function offer(recent: RecentEntries, ends: readonly FeedEnd[], events: readonly AddressedEvent[]): FeedEnd[] {
  const growth = growFeeds(ends, events);
  recent.offer(events, growth);
  return [...growth.ends];
}

const texts = (recent: RecentEntries, position: number, participant = RS) =>
  recent.after(participant, position)?.map(({ entry }) => entry.event);

describe(RecentEntries.name, () => {
  it('hands out what was committed, to each feed its own', () => {
    const recent = new RecentEntries();
    const ends = offer(recent, START, [event('a'), event('b', [RS, IQ])]);
    for (const end of ends) recent.confirm(end);
    expect(texts(recent, 0)).toEqual(['a', 'b']);
    expect(texts(recent, 1)).toEqual(['b']);
    expect(texts(recent, 0, IQ)).toEqual(['b']);
    expect(recent.after(RS, 0)!.at(-1)).toMatchObject({
      entry: { sequence: 2, hash: ends[0]!.hash },
      place: { topic: 'requests.events', partition: 0, offset: 7n },
    });
  });

  it('goes on where the last transaction ended', () => {
    const recent = new RecentEntries();
    const first = offer(recent, START, [event('a')]);
    const second = offer(recent, first, [event('b')]);
    for (const end of [...first, ...second]) recent.confirm(end);
    expect(texts(recent, 0)).toEqual(['a', 'b']);
  });

  it('hands out nothing before the commit', () => {
    const recent = new RecentEntries();
    offer(recent, START, [event('a')]);
    expect(recent.after(RS, 0)).toBeUndefined();
  });

  it('never hands out what was rolled back where another instance wrote something else', () => {
    const recent = new RecentEntries();
    offer(recent, START, [event('rolled back')]);
    const [theirs] = growFeeds(START, [event('of another instance')]).ends;
    recent.confirm(theirs!);
    expect(recent.after(RS, 0)).toBeUndefined();
  });

  it('begins anew behind what another instance wrote', () => {
    const recent = new RecentEntries();
    const first = offer(recent, START, [event('a')]);
    const theirs = growFeeds(first, [event('of another instance')]).ends;
    const third = offer(recent, theirs, [event('c')]);
    for (const end of [...first, ...theirs, ...third]) recent.confirm(end);
    expect(recent.after(RS, 0)).toBeUndefined();
    expect(recent.after(RS, 1)).toBeUndefined();
    expect(texts(recent, 2)).toEqual(['c']);
  });

  it('forgets the oldest, never the newest', () => {
    const recent = new RecentEntries();
    const large = 'x'.repeat(200_000);
    let ends: readonly FeedEnd[] = START;
    for (const text of [large, large, `${large}${large}`]) {
      ends = offer(recent, ends, [event(text)]);
      for (const end of ends) recent.confirm(end);
    }
    expect(recent.after(RS, 1)).toBeUndefined();
    expect(texts(recent, 2)).toEqual([`${large}${large}`]);
  });

  it('forgets what a thousand others were offered behind, of which no commit has told', () => {
    const recent = new RecentEntries();
    const [forgotten, kept] = ['first', 'second'].map((text) => offer(recent, START, [event(text)])[0]!);
    for (let nth = 1; nth < 1_000; nth += 1) offer(recent, START, [event(`rolled back ${nth}`)]);
    recent.confirm(forgotten!);
    expect(recent.after(RS, 0)).toBeUndefined();
    recent.confirm(kept!);
    expect(texts(recent, 0)).toEqual(['second']);
  });

  it('has nothing for who has everything', () => {
    const recent = new RecentEntries();
    for (const end of offer(recent, START, [event('a')])) recent.confirm(end);
    expect(recent.after(RS, 1)).toBeUndefined();
  });
});
