import { type ChainLink, NumberRuns } from './number-runs.js';

const linkOf = (number: number, claims: Partial<ChainLink> = {}): ChainLink => ({
  number: BigInt(number),
  hash: `hash ${number}`,
  previous: number === 1 ? '' : `hash ${number - 1}`,
  ...claims,
});

/** What each said, in order. */
const taken = (runs: NumberRuns, links: readonly ChainLink[], now = 0) => links.map((link) => runs.take(link, now));
const ends = ({ runs }: NumberRuns) => runs.map(({ from, to }) => [Number(from), Number(to)]);

/** The numbers from 1 in some order, the same for a seed. */
function shuffled(count: number, seed: number): number[] {
  const numbers = Array.from({ length: count }, (_, place) => place + 1);
  let state = seed;
  for (let place = count - 1; place > 0; place -= 1) {
    state = (state * 48_271) % 2_147_483_647;
    const other = state % (place + 1);
    [numbers[place], numbers[other]] = [numbers[other]!, numbers[place]!];
  }
  return numbers;
}

describe(NumberRuns.name, () => {
  it.each(Array.from({ length: 50 }, (_, seed) => seed + 1))(
    'takes a chain in whatever order it comes, and each number once: order %i',
    (seed) => {
      const runs = new NumberRuns();
      const links = shuffled(60, seed).map((number) => linkOf(number));
      expect(new Set(taken(runs, links))).toEqual(new Set(['fits']));
      expect(ends(runs)).toEqual([[1, 61]]);
      expect(new Set(taken(runs, links))).toEqual(new Set(['used']));
      expect(runs.missedSince(Number.POSITIVE_INFINITY)).toEqual([]);
    },
  );

  it('finds a number that came before, at the ends of runs and within', () => {
    const runs = new NumberRuns();
    taken(
      runs,
      [1, 2, 3, 7, 8, 9].map((number) => linkOf(number)),
    );
    const again = [1, 2, 3, 7, 8, 9].map((number) => linkOf(number, { hash: 'other' }));
    expect(new Set(taken(runs, again))).toEqual(new Set(['used']));
    expect(ends(runs)).toEqual([
      [1, 4],
      [7, 10],
    ]);
  });

  it.each([
    ['behind the one that it names', [linkOf(1), linkOf(2, { previous: 'other' })]],
    ['before the one that names it', [linkOf(2, { previous: 'other' }), linkOf(1)]],
    ['between the two, by the later', [linkOf(1), linkOf(3, { previous: 'other' }), linkOf(2)]],
    ['between the two, by itself', [linkOf(1), linkOf(3), linkOf(2, { previous: 'other' })]],
    ['without a name for it', [linkOf(1), linkOf(2, { previous: '' })]],
  ])('finds a fork when an envelope comes %s', (_, links) => {
    const runs = new NumberRuns();
    expect(taken(runs, links)).toEqual([...links.slice(1).map(() => 'fits'), 'forked']);
    expect(runs.runs).toHaveLength(1);
  });

  it('finds no fork where an envelope before is missing, or nobody knows any more what was named', () => {
    const runs = new NumberRuns();
    expect(taken(runs, [linkOf(5, { previous: 'other' }), linkOf(9, { previous: undefined })])).toEqual([
      'fits',
      'fits',
    ]);
    expect(taken(runs, [linkOf(8)])).toEqual(['fits']);
  });

  it('tells holes that were open at a time, each once, and nothing of one that was closed', () => {
    const runs = new NumberRuns();
    taken(runs, [linkOf(3), linkOf(6)], 10);
    taken(runs, [linkOf(9)], 20);
    expect(runs.missedSince(9)).toEqual([]);
    taken(runs, [linkOf(4), linkOf(5)], 15);
    expect(runs.missedSince(10)).toEqual([1n]);
    expect(runs.missedSince(20)).toEqual([7n]);
    // Half of it came: the other half has been told.
    taken(runs, [linkOf(7)], 30);
    expect(runs.missedSince(40)).toEqual([]);
  });

  it('takes numbers beyond what a double holds', () => {
    const runs = new NumberRuns();
    const far = { hash: 'x', previous: '' };
    expect(runs.take({ ...far, number: 9_999_999_999_999_999_998n }, 0)).toBe('fits');
    expect(runs.take({ ...far, number: 9_999_999_999_999_999_999n, previous: 'x' }, 0)).toBe('fits');
    expect(runs.take({ ...far, number: 9_999_999_999_999_999_999n }, 0)).toBe('used');
  });

  it('gives up the lowest hole when there are too many, and tells which', () => {
    const runs = new NumberRuns();
    for (let number = 1; number <= 20_000; number += 2) taken(runs, [linkOf(number)]);
    expect(runs.giveUp()).toBeUndefined();
    taken(runs, [linkOf(20_001)]);
    expect(runs.giveUp()).toBe(2n);
    expect(runs.giveUp()).toBeUndefined();
    expect(taken(runs, [linkOf(2), linkOf(4)])).toEqual(['used', 'fits']);
  });
});
