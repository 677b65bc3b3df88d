import { type CpuProfile, describeProfile, frameName, hotspots, packageName } from './profile-summary.js';

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0 });
const CHECKOUT = 'file:///somewhere/dist';

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 3, 4] },
    { id: 2, callFrame: frame('(idle)', '') },
    { id: 3, callFrame: frame('verify', `${CHECKOUT}/libs/envelope/src/verify.js`) },
    { id: 4, callFrame: frame('parse', 'file:///somewhere/node_modules/pg/lib/parser.js') },
    { id: 5, callFrame: frame('verify', `${CHECKOUT}/libs/envelope/src/verify.js`) },
  ],
  startTime: 0,
  endTime: 10_000,
  samples: [2, 3, 4, 5, 2],
  timeDeltas: [4_000, 2_000, 1_000, 1_000, 2_000],
};

describe('hotspots', () => {
  it('adds up a function over all its callers, most time first, without idling', () => {
    expect(hotspots(profile, frameName)).toEqual([
      { name: 'verify (libs/envelope/src/verify.js)', selfMs: 3 },
      { name: 'parse (pg/lib/parser.js)', selfMs: 1 },
    ]);
  });

  it('does not blame a function for the time in which its process waited for a core', () => {
    const waited = { ...profile, samples: [3, 4, 3, 4, 5], timeDeltas: [500, 500, 500, 90_000, 500] };
    expect(hotspots(waited, frameName).map(({ selfMs }) => selfMs)).toEqual([2, 1.5]);
  });
});

describe('packageName', () => {
  it.each([
    ['pg', 'file:///x/node_modules/pg/lib/client.js'],
    ['@nestjs/core', 'file:///x/node_modules/@nestjs/core/router.js'],
    ['libs/envelope', `${CHECKOUT}/libs/envelope/src/verify.js`],
    ['apps/gateway/src', `${CHECKOUT}/apps/gateway/src/main.js`],
    ['node:internal/streams', 'node:internal/streams/readable'],
    ['node:crypto', 'node:crypto'],
    ['native', ''],
  ])('is %s', (expected, url) => expect(packageName(frame('f', url))).toBe(expected));

  it("keeps the engine's own work by name", () => {
    expect(packageName(frame('(garbage collector)', ''))).toBe('(garbage collector)');
  });
});

describe('describeProfile', () => {
  it('says how busy the process was and gives shares of that', () => {
    const text = describeProfile('gateway', profile);
    expect(text).toContain('gateway: at work 0.40 of the time');
    expect(text).toContain('75.0 %  libs/envelope');
  });
});
