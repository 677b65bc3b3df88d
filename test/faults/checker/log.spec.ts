import { compare } from './log.js';

const counts = (...records: readonly string[]) => {
  const counted = new Map<string, number>();
  for (const record of records) counted.set(record, (counted.get(record) ?? 0) + 1);
  return counted;
};

describe(compare.name, () => {
  it('finds nothing where the log has each record once, also one that was delivered twice', () => {
    expect(compare(counts('t one', 't two', 't two'), counts('t one', 't two'))).toEqual([]);
  });

  it.each([
    ['a record that is missing', counts('t one'), 't two is on its topic and not in the log'],
    ['a leaf of nothing', counts('t one', 't two', 't three'), 't three is in the log and not on its topic'],
    ['a record that is there twice', counts('t one', 't two', 't two'), 't two is in the log 2 times'],
    ['a record under another topic', counts('t one', 'u two'), 't two is on its topic and not in the log'],
  ])('finds %s', (_, leaves, finding) => {
    expect(compare(counts('t one', 't two'), leaves)).toContain(finding);
  });
});
