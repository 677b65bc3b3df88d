import { MOST_FAILURES, pauseAfter } from './backoff.js';
import { nudgeText } from './nudge-text.js';

describe(nudgeText.name, () => {
  it.each([
    [1, 0, '1 urgent item - open the hub'],
    [3, 0, '3 urgent items - open the hub'],
    [0, 1, '1 item - open the hub'],
    [2, 1, '2 urgent items and 1 other - open the hub'],
    [1, 40, '1 urgent item and 40 others - open the hub'],
  ])('%i urgent and %i others', (urgent, others, text) => {
    expect(nudgeText({ id: 'x', urgent, others })).toBe(text);
  });
});

describe(pauseAfter.name, () => {
  it('grows with each failure, never comes at once, and differs by chance', () => {
    const pauses = Array.from({ length: MOST_FAILURES - 1 }, (_, index) => pauseAfter(index + 1, 'target', 0.5));
    expect(pauses).toEqual([...pauses].sort((one, other) => one - other));
    expect(pauseAfter(1, 'target', 0)).toBe(4_000);
    expect(pauseAfter(1, 'target', 1)).toBe(6_000);
  });

  it('stays short where the failure is not the contact’s', () => {
    expect(pauseAfter(50, 'way', 1)).toBeLessThanOrEqual(12 * 60_000);
    expect(pauseAfter(MOST_FAILURES + 5, 'target', 0.5)).toBe(24 * 3_600_000);
  });
});
