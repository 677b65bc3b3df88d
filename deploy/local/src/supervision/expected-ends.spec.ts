import { ExpectedEnds } from './expected-ends.js';

describe(ExpectedEnds.name, () => {
  it('takes the end that was brought about, once', () => {
    const ends = new ExpectedEnds();
    expect(ends.took('gateway', 'SIGKILL')).toBe(false);
    ends.expect('gateway', 'SIGKILL');
    expect(ends.took('requests', 'SIGKILL')).toBe(false);
    expect(ends.took('gateway', 'SIGKILL')).toBe(true);
    expect(ends.took('gateway', 'SIGKILL')).toBe(false);
  });

  it('takes no other end of the same process: one that was to end in good order and did not', () => {
    const ends = new ExpectedEnds();
    ends.expect('gateway', 'code 0');
    expect(ends.took('gateway', 'code 1')).toBe(false);
  });

  it('takes every end of a process that is excused, as long as it is, and of no other', () => {
    const ends = new ExpectedEnds();
    const over = ends.excuse('Kafka');
    expect([ends.took('Kafka', 'code 1'), ends.took('Kafka', 'SIGABRT')]).toEqual([true, true]);
    expect(ends.took('gateway', 'code 1')).toBe(false);
    over();
    expect(ends.took('Kafka', 'code 1')).toBe(false);
  });
});
