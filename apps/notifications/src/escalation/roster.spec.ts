import { onDuty } from './roster.js';

const BELGRADE = 'Europe/Belgrade';
const ROSTER: Parameters<typeof onDuty>[0] = [
  { rung: 'DUTY', contact: 'day', days: [1, 2, 3, 4, 5], from: '08:00', to: '20:00' },
  { rung: 'DUTY', contact: 'night', days: [5], from: '20:00', to: '08:00' },
  { rung: 'DEPUTY', contact: 'deputy', from: '00:00', to: '00:00' },
];
const at = (instant: string, rung: 'DUTY' | 'DEPUTY' | 'SUPERVISOR' = 'DUTY', zone = BELGRADE) => [
  ...onDuty(ROSTER, rung, zone, new Date(instant)),
];

describe(onDuty.name, () => {
  it.each([
    ['from its first minute', '2026-11-20T07:00:00Z', ['day']],
    ['not a minute earlier', '2026-11-20T06:59:59Z', []],
    ['not in its last minute but one of the next shift', '2026-11-20T19:00:00Z', ['night']],
    ['over midnight into a day that is not its own', '2026-11-21T06:59:00Z', ['night']],
    ['not the night before its day', '2026-11-20T02:00:00Z', []],
    ['not at the weekend', '2026-11-22T12:00:00Z', []],
    // 29 March 2026, a Sunday: 08:00 of the Monday after is 06:00 UTC, no longer 07:00.
    ['by wall time in summer', '2026-03-30T06:00:00Z', ['day']],
    ['by wall time in winter', '2026-03-27T06:00:00Z', []],
  ])('%s', (_what, instant, expected) => expect(at(instant)).toEqual(expected));

  it('knows each rung for itself, and nobody where nobody is named', () => {
    expect(at('2026-11-22T12:00:00Z', 'DEPUTY')).toEqual(['deputy']);
    expect(at('2026-11-20T12:00:00Z', 'SUPERVISOR')).toEqual([]);
  });

  it('goes by the zone of the desk', () => {
    expect(at('2026-11-20T05:30:00Z', 'DUTY', 'Asia/Baghdad')).toEqual(['day']);
    expect(at('2026-11-20T05:30:00Z', 'DUTY', BELGRADE)).toEqual([]);
  });
});
