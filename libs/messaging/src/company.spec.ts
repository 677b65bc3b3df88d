import { Company } from './company.js';

describe(Company.name, () => {
  let journeys: { items: readonly number[]; end: PromiseWithResolvers<void> }[];
  let company: Company<number>;

  beforeEach(() => {
    journeys = [];
    company = new Company((items) => {
      const end = Promise.withResolvers<void>();
      journeys.push({ items, end });
      return end.promise;
    });
  });

  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const departed = async (count: number) => {
    while (journeys.length < count) await turn();
  };
  const itemsOf = () => journeys.map(({ items }) => items);

  it('takes callers of one turn together, in their order', async () => {
    const arrivals = Promise.all([company.join([1, 2]), company.join([3])]);
    await turn();
    expect(itemsOf()).toEqual([[1, 2, 3]]);
    journeys[0]!.end.resolve();
    await arrivals;
  });

  it('lets what comes while it is under way go next, together, and never two journeys at once', async () => {
    const first = company.join([1]);
    await turn();
    const later = Promise.all([company.join([2]), company.join([3])]);
    await turn();
    expect(itemsOf()).toEqual([[1]]);
    journeys[0]!.end.resolve();
    await first;
    await departed(2);
    expect(itemsOf()).toEqual([[1], [2, 3]]);
    journeys[1]!.end.resolve();
    await later;
  });

  it('fails for all who were on the journey, and for nobody else', async () => {
    const both = Promise.allSettled([company.join([1]), company.join([2])]);
    await turn();
    const next = company.join([3]);
    journeys[0]!.end.reject(new Error('lost'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await departed(2);
    journeys[1]!.end.resolve();
    await expect(next).resolves.toBeUndefined();
  });

  it('leaves behind what would make it too large, and takes what is too large alone', async () => {
    const many = Array.from({ length: 800 }, (_, index) => index);
    const arrivals = Promise.all([company.join([...many, ...many]), company.join(many), company.join(many)]);
    for (let journey = 0; journey < 3; journey += 1) {
      await departed(journey + 1);
      journeys[journey]!.end.resolve();
    }
    await arrivals;
    expect(itemsOf().map(({ length }) => length)).toEqual([1_600, 800, 800]);
  });
});
