import { FreshRows } from './fresh-rows.js';

const rowsOf = (...numbers: number[]) => numbers.map((number) => ({ number: BigInt(number) }));
const numbersOf = (rows: readonly { number: bigint }[] | undefined) => rows?.map(({ number }) => Number(number));

describe(FreshRows.name, () => {
  let fresh: FreshRows<{ number: bigint }>;

  /** Its loop has looked at the table, and found up to 7. */
  beforeEach(() => {
    fresh = new FreshRows(({ number }) => number);
    fresh.follow();
    expect(fresh.take()).toBeUndefined();
    fresh.had(rowsOf(5, 7, 6));
  });

  it('hands out what comes right behind, once', () => {
    fresh.offer(rowsOf(8, 9));
    fresh.offer(rowsOf(10));
    const taken = fresh.take();
    expect(numbersOf(taken)).toEqual([8, 9, 10]);
    fresh.had(taken!);
    expect(fresh.take()).toBeUndefined();
    fresh.offer(rowsOf(11));
    expect(numbersOf(fresh.take())).toEqual([11]);
  });

  it('puts transactions in order that were heard of in another', () => {
    fresh.offer(rowsOf(10, 11));
    fresh.offer(rowsOf(8, 9));
    expect(numbersOf(fresh.take())).toEqual([8, 9, 10, 11]);
  });

  it.each<[string, number[]]>([
    ['something lies before them', [9, 10]],
    ['something lies between them', [8, 10]],
    ['the table has shown some already', [7, 8]],
    ['they belong before what was sent', [3]],
  ])('hands out nothing where %s, and forgets it: the table is looked at', (_, numbers) => {
    fresh.offer(rowsOf(...numbers));
    expect(fresh.take()).toBeUndefined();
    fresh.offer(rowsOf(8));
    expect(numbersOf(fresh.take())).toEqual([8]);
  });

  it('has the table looked at once after somebody else has added to it, or may have', () => {
    for (const origin of ['', 'somebody else', undefined]) {
      fresh.announced(origin);
      fresh.announced(fresh.origin);
      fresh.offer(rowsOf(8));
      expect(fresh.take()).toBeUndefined();
      fresh.announced(fresh.origin);
      fresh.offer(rowsOf(8));
      expect(numbersOf(fresh.take())).toEqual([8]);
    }
  });

  it('leaves to the table what is too much', () => {
    fresh.offer(rowsOf(...Array.from({ length: 999 }, (_, index) => index + 8)));
    fresh.offer(rowsOf(1_007, 1_008));
    expect(fresh.take()).toBeUndefined();
  });

  it('remembers nothing that nobody follows, and a new loop looks first', () => {
    fresh.offer(rowsOf(8));
    fresh.leave();
    fresh.offer(rowsOf(8));
    fresh.follow();
    fresh.offer(rowsOf(1));
    expect(fresh.take()).toBeUndefined();
    fresh.offer(rowsOf(1));
    expect(numbersOf(fresh.take())).toEqual([1]);
  });
});
