import { FreshRows } from './fresh-rows.js';

const rowsOf = (...numbers: number[]) => numbers.map((number) => ({ number: BigInt(number) }));
const numbersOf = (rows: readonly { number: bigint }[] | undefined) => rows?.map(({ number }) => Number(number));

describe(FreshRows.name, () => {
  let fresh: FreshRows<{ number: bigint }>;

  beforeEach(() => {
    fresh = new FreshRows(({ number }) => number);
    fresh.follow();
  });

  it('hands out what comes right behind, once', () => {
    fresh.offer(rowsOf(8, 9));
    fresh.offer(rowsOf(10));
    expect(numbersOf(fresh.takeBehind(7n))).toEqual([8, 9, 10]);
    expect(fresh.takeBehind(10n)).toBeUndefined();
  });

  it('puts transactions in order that were heard of in another', () => {
    fresh.offer(rowsOf(10, 11));
    fresh.offer(rowsOf(8, 9));
    expect(numbersOf(fresh.takeBehind(7n))).toEqual([8, 9, 10, 11]);
  });

  it.each<[string, number[], bigint]>([
    ['something lies before them', [9, 10], 7n],
    ['something lies between them', [8, 10], 7n],
    ['some were handed out before', [8, 9], 8n],
    ['they belong before what was sent', [3], 8n],
  ])('hands out nothing where %s, and forgets it: the table is looked at', (_, ids, last) => {
    fresh.offer(rowsOf(...ids));
    expect(fresh.takeBehind(last)).toBeUndefined();
    expect(fresh.takeBehind(BigInt(ids[0]!) - 1n)).toBeUndefined();
  });

  it('leaves to the table what is too much', () => {
    fresh.offer(rowsOf(...Array.from({ length: 999 }, (_, index) => index + 1)));
    fresh.offer(rowsOf(1_000, 1_001));
    expect(fresh.takeBehind(0n)).toBeUndefined();
  });

  it('remembers nothing that nobody follows', () => {
    fresh.offer(rowsOf(1));
    fresh.leave();
    fresh.offer(rowsOf(1));
    fresh.follow();
    expect(fresh.takeBehind(0n)).toBeUndefined();
  });
});
