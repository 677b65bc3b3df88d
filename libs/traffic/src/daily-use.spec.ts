import { DailyUse, secondsUntilTomorrow } from './daily-use.js';

const noon = new Date('2026-11-22T12:00:00Z');
const tomorrow = new Date('2026-11-23T00:00:00Z');

describe(DailyUse.name, () => {
  it('counts what others told and what it has not told itself', () => {
    const use = new DailyUse();
    use.add('rs', 3, noon);
    expect(use.takeUntold(noon)).toEqual([{ caller: 'rs', day: '2026-11-22', used: 3 }]);
    use.learn([{ caller: 'rs', day: '2026-11-22', used: 10 }]);
    use.add('rs', 1, noon);
    expect(use.usedBy('rs', noon)).toBe(11);
    expect(use.usedBy('iq', noon)).toBe(0);
  });

  it('counts what is being told', () => {
    const use = new DailyUse();
    use.add('rs', 3, noon);
    use.takeUntold(noon);
    use.add('rs', 1, noon);
    expect(use.usedBy('rs', noon)).toBe(4);
  });

  it('forgets nothing when telling failed', () => {
    const use = new DailyUse();
    use.add('rs', 3, noon);
    const untold = use.takeUntold(noon);
    use.add('rs', 2, noon);
    use.restore(untold);
    expect(use.usedBy('rs', noon)).toBe(5);
    expect(use.takeUntold(noon)).toEqual([{ caller: 'rs', day: '2026-11-22', used: 5 }]);
  });

  it('begins anew with the day', () => {
    const use = new DailyUse();
    use.add('rs', 3, noon);
    const untold = use.takeUntold(noon);
    expect(use.usedBy('rs', tomorrow)).toBe(0);
    use.restore(untold);
    use.learn([{ caller: 'rs', day: '2026-11-22', used: 3 }]);
    expect(use.usedBy('rs', tomorrow)).toBe(0);
  });
});

it('says how long the day lasts', () => {
  expect(secondsUntilTomorrow(noon)).toBe(43_200);
  expect(secondsUntilTomorrow(tomorrow)).toBe(86_400);
});
