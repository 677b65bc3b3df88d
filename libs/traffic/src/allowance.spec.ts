import { allowanceFor } from './allowance.js';

const policy = (caller: string, day: string, perSecond: number) => ({
  caller,
  effectiveFrom: new Date(`${day}T00:00:00Z`),
  perSecond,
  burst: 1,
  perDay: 1,
});
const at = new Date('2026-06-01T00:00:00Z');

describe(allowanceFor.name, () => {
  const rows = [
    policy('*', '2026-01-01', 1),
    policy('*', '2026-05-01', 2),
    policy('*', '2026-07-01', 3),
    policy('rs', '2026-02-01', 4),
    policy('iq', '2026-06-02', 5),
  ];

  it.each([
    ['rs', 4],
    ['iq', 2],
    ['tr', 2],
  ])('gives %s the latest row of its own that holds, else that of everybody', (caller, perSecond) => {
    expect(allowanceFor(rows, caller, at)?.perSecond).toBe(perSecond);
  });

  it('gives nothing before the first row', () => {
    expect(allowanceFor(rows, 'rs', new Date('2025-12-31T00:00:00Z'))).toBeUndefined();
  });
});
