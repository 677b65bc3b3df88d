import { CallerLimits } from './caller-limits.js';

describe(CallerLimits.name, () => {
  it('lets an address go on at ten a second after sixty at once, and others besides', () => {
    const limits = new CallerLimits();
    const enter = (address: string, now: number) => {
      const wait = limits.enter(address, now);
      if (wait === 0) limits.leave();
      return wait;
    };
    for (let nth = 0; nth < 60; nth += 1) expect(enter('192.0.2.1', 0)).toBe(0);
    expect(enter('192.0.2.1', 0)).toBe(1);
    expect(enter('192.0.2.2', 0)).toBe(0);
    expect(enter('192.0.2.1', 100)).toBe(0);
    expect(enter('192.0.2.1', 100)).toBe(1);
  });

  it('has so many requests in hand at once, whoever they are from', () => {
    const limits = new CallerLimits();
    for (let nth = 0; nth < 32; nth += 1) expect(limits.enter(`192.0.2.${nth}`, 0)).toBe(0);
    expect(limits.enter('198.51.100.1', 0)).toBe(1);
    limits.leave();
    expect(limits.enter('198.51.100.1', 0)).toBe(0);
  });

  it('remembers a thousand addresses, those that came last', () => {
    const limits = new CallerLimits();
    for (let nth = 0; nth < 60; nth += 1) {
      limits.enter('192.0.2.1', 0);
      limits.leave();
    }
    const crowd = (count: number) => {
      for (let nth = 0; nth < count; nth += 1) {
        limits.enter(`2001:db8::${nth.toString(16)}`, 0);
        limits.leave();
      }
    };
    crowd(999);
    expect(limits.enter('192.0.2.1', 0)).toBe(1);
    crowd(1000);
    expect(limits.enter('192.0.2.1', 0)).toBe(0);
  });
});
