import { FreshRecords } from './fresh-records.js';

const recordsOf = (...ids: number[]) =>
  ids.map((id) => ({ id: String(id), topic: 'a-topic', key: 'a-key', value: Buffer.alloc(0) }));
const idsOf = (records: readonly { id: string }[] | undefined) => records?.map(({ id }) => Number(id));

describe(FreshRecords.name, () => {
  let fresh: FreshRecords;

  beforeEach(() => {
    fresh = new FreshRecords();
    fresh.follow();
  });

  it('hands out what comes right behind, once', () => {
    fresh.offer(recordsOf(8, 9));
    fresh.offer(recordsOf(10));
    expect(idsOf(fresh.takeBehind(7n))).toEqual([8, 9, 10]);
    expect(fresh.takeBehind(10n)).toBeUndefined();
  });

  it('puts transactions in order that were heard of in another', () => {
    fresh.offer(recordsOf(10, 11));
    fresh.offer(recordsOf(8, 9));
    expect(idsOf(fresh.takeBehind(7n))).toEqual([8, 9, 10, 11]);
  });

  it.each<[string, number[], bigint]>([
    ['something lies before them', [9, 10], 7n],
    ['something lies between them', [8, 10], 7n],
    ['some were handed out before', [8, 9], 8n],
    ['they belong before what was sent', [3], 8n],
  ])('hands out nothing where %s, and forgets it: the table is looked at', (_, ids, last) => {
    fresh.offer(recordsOf(...ids));
    expect(fresh.takeBehind(last)).toBeUndefined();
    expect(fresh.takeBehind(BigInt(ids[0]!) - 1n)).toBeUndefined();
  });

  it('leaves to the table what is too much', () => {
    fresh.offer(recordsOf(...Array.from({ length: 999 }, (_, index) => index + 1)));
    fresh.offer(recordsOf(1_000, 1_001));
    expect(fresh.takeBehind(0n)).toBeUndefined();
  });

  it('remembers nothing that nobody follows', () => {
    fresh.offer(recordsOf(1));
    fresh.leave();
    fresh.offer(recordsOf(1));
    fresh.follow();
    expect(fresh.takeBehind(0n)).toBeUndefined();
  });
});
