import type { WrittenEntry } from '../feed/feed-growth.js';
import { disclosedPart } from './disclosed-part.js';

/** The fifth millisecond of a UUIDv7's time. */
const EVENT_ID = '00000000-0005-7000-8000-000000000000';

const written = (sequence: number, offset: bigint | undefined): WrittenEntry => ({
  entry: { sequence, hash: 'h', event: 'a.b.c' },
  eventId: EVENT_ID,
  place: offset === undefined ? undefined : { topic: 't', partition: 0, offset },
});

const logAt = (next: bigint) => ({
  outage: undefined,
  holds: (place: WrittenEntry['place']) => place === undefined || place.offset < next,
});

const sequences = (entries: readonly { sequence: number }[]) => entries.map(({ sequence }) => sequence);

describe(disclosedPart.name, () => {
  it('is everything where everything is in the log, or older than the waiting for it', () => {
    const part = disclosedPart([written(1, undefined), written(2, 4n)], logAt(5n));
    expect(sequences(part.entries)).toEqual([1, 2]);
    expect(part.withheld).toBeUndefined();
  });

  it('ends before the first that is not in the log, whatever stands behind', () => {
    const part = disclosedPart([written(1, 0n), written(2, 7n), written(3, 1n)], logAt(5n));
    expect(sequences(part.entries)).toEqual([1]);
    expect(part.withheld).toEqual({ reason: 'LOG_BEHIND', since: '1970-01-01T00:00:00.005Z' });
  });

  it('is nothing at all while the log is away, in the log or not', () => {
    const outage = { reason: 'LOG_AWAY', since: new Date(0) } as const;
    const part = disclosedPart([written(1, undefined), written(2, 0n)], { ...logAt(5n), outage });
    expect(part).toEqual({ entries: [], withheld: { reason: 'LOG_AWAY', since: '1970-01-01T00:00:00.000Z' } });
  });

  it('says that the log is away also where nothing waits', () => {
    const outage = { reason: 'QUORUM_LOST', since: new Date(0) } as const;
    expect(disclosedPart([], { ...logAt(0n), outage }).withheld?.reason).toBe('QUORUM_LOST');
    expect(disclosedPart([], logAt(0n))).toEqual({ entries: [] });
  });
});
