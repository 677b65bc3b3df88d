import { ExchangeBook } from './exchange-book.js';

describe('ExchangeBook', () => {
  let book: ExchangeBook;
  beforeEach(() => {
    book = new ExchangeBook();
  });

  function submit(dueAt: number, leg: string, at: number): void {
    book.answered(book.begin(dueAt), [leg, `envelope of ${leg}`], at);
  }

  it('counts from the moment at which an exchange was to begin', () => {
    submit(100, 'leg', 112);
    book.saw('received', 'envelope of leg', 120);
    book.saw('inbox', 'leg', 140);
    book.saw('delivered', 'leg', 175);
    const { answered, received, inbox, delivered, accepted } = book.stages();
    expect([answered?.max, received?.max, inbox?.max, delivered?.max]).toEqual([12, 20, 40, 75]);
    expect(accepted).toBeUndefined();
    expect(book.finishedAt).toEqual([175]);
  });

  it('takes events that come before the answer', () => {
    const exchange = book.begin(0);
    book.saw('inbox', 'leg', 8);
    book.answered(exchange, ['leg', 'envelope'], 10);
    expect(book.stages().inbox?.max).toBe(8);
  });

  it('believes the first event of a kind, not its repetitions', () => {
    submit(0, 'leg', 1);
    book.saw('inbox', 'leg', 5);
    book.saw('inbox', 'leg', 900);
    expect(book.stages().inbox).toMatchObject({ count: 1, max: 5 });
  });

  it('calls an exchange finished only when both sides hold it', () => {
    submit(0, 'leg', 1);
    book.saw('delivered', 'leg', 9);
    expect([book.open, book.finishedAt]).toEqual([1, []]);
    book.saw('inbox', 'leg', 12);
    expect([book.open, book.finishedAt]).toEqual([0, [12]]);
  });

  it('does not take the events of others for its own', () => {
    submit(0, 'leg', 1);
    book.saw('inbox', 'other', 5);
    book.saw('delivered', 'other', 6);
    expect(book.open).toBe(1);
    expect(book.stages().inbox).toBeUndefined();
  });

  it('counts refusals by code, and no longer as open', () => {
    book.begin(0);
    book.begin(0);
    book.refuse('ERR_RATE');
    book.refuse('ERR_RATE');
    expect([book.begun, book.open, book.refusals]).toEqual([2, 0, { ERR_RATE: 2 }]);
  });

  it('finds the finished exchange at a percentile of the times to the inbox', () => {
    const legs = Array.from({ length: 100 }, (_, nth) => `leg ${nth}`);
    for (const [nth, leg] of legs.entries()) {
      submit(1_000 - nth, leg, 1_000);
      book.saw('inbox', leg, 1_001);
      if (nth < 99) book.saw('delivered', leg, 1_002);
    }
    expect([50, 99, 100].map((percent) => book.atPercentile(percent)?.legId)).toEqual(['leg 49', 'leg 98', 'leg 98']);
    expect(new ExchangeBook().atPercentile(50)).toBeUndefined();
  });

  it('waits until there is room', async () => {
    submit(0, 'a', 1);
    submit(0, 'b', 1);
    let room = false;
    const waiting = book.untilFewerThan(2).then(() => {
      room = true;
    });
    book.saw('inbox', 'a', 2);
    await Promise.resolve();
    expect(room).toBe(false);
    book.saw('delivered', 'a', 3);
    await waiting;
    expect(room).toBe(true);
  });
});
