import { FAULTS_HELP, type FaultsOptions, faultsOptions } from './faults-options.js';
import { NOTHING_TO_DO } from './flag-command.js';

const KNOWN = ['gateway', 'PostgreSQL', 'Kafka'];
const options = (...args: string[]) => faultsOptions(args, KNOWN, () => 41);
const kill = (name: string) => ({ kind: 'kill', name, ms: 0 });
const strikes = (...args: string[]) => (options(...args) as FaultsOptions).strikes;

describe(faultsOptions.name, () => {
  it('kills everything among ten thousand exchanges, with a new seed, unless told otherwise', () => {
    expect(options()).toEqual({ seed: 41, strikes: KNOWN.map(kill), exchanges: 10_000, json: false });
    expect(options('--seed', '7', '--only', 'Kafka,gateway', '--exchanges', '300', '--json')).toEqual({
      seed: 7,
      strikes: [kill('Kafka'), kill('gateway')],
      exchanges: 300,
      json: true,
    });
  });

  it('knows kinds of strikes, all of one kind or one at one process, for as long as is usual or told', () => {
    expect(strikes('--only', 'outages')).toEqual([
      { kind: 'outage', name: 'PostgreSQL', ms: 60_000 },
      { kind: 'outage', name: 'Kafka', ms: 120_000 },
    ]);
    expect(strikes('--only', 'pauses,outage:Kafka', '--seconds', '8')).toEqual([
      { kind: 'pause', name: 'gateway', ms: 8_000 },
      { kind: 'pause', name: 'Kafka', ms: 8_000 },
      { kind: 'outage', name: 'Kafka', ms: 8_000 },
    ]);
    expect(strikes('--only', 'restarts', '--seconds', '8')).toEqual([{ kind: 'restart', name: 'gateway', ms: 0 }]);
    expect(strikes('--only', 'floods')).toEqual([{ kind: 'flood', name: 'officers', ms: 300_000 }]);
    expect(strikes('--only', 'flood:officers', '--seconds', '8')).toEqual([
      { kind: 'flood', name: 'officers', ms: 8_000 },
    ]);
    expect(strikes('--only', 'fills')).toEqual([
      { kind: 'fill', name: 'PostgreSQL', ms: 30_000 },
      { kind: 'fill', name: 'Kafka', ms: 30_000 },
    ]);
  });

  it('explains itself', () => {
    expect(options('--help')).toBe(NOTHING_TO_DO);
    for (const name of ['--exchanges', '--only', '--seconds', '--seed', '--json']) expect(FAULTS_HELP).toContain(name);
  });

  it.each([
    [['--seed', 'x'], '--seed x is no whole number from 0.'],
    [['--exchanges', '0'], '--exchanges 0 is no whole number from 1.'],
    [['--exchanges', '1.5'], '--exchanges 1.5 is no whole number from 1.'],
    [
      ['--only', 'gateway,zookeeper'],
      'There is no process "zookeeper". There are: gateway, PostgreSQL, Kafka, officers.',
    ],
    [['--only', 'drown:gateway'], '"drown" can not be done. There are: kill, outage, pause, restart, fill, flood.'],
    [['--only', 'pause:PostgreSQL'], 'pause does not fit PostgreSQL.'],
    [['--only', 'fill:gateway'], 'fill does not fit gateway.'],
    [['--only', 'flood:gateway'], 'flood does not fit gateway.'],
    [['--only', 'kill:officers'], 'kill does not fit officers.'],
    [['--only', 'pause:officers'], 'pause does not fit officers.'],
    [['--only', 'restart:officers'], 'restart does not fit officers.'],
    [['--seconds', '0'], '--seconds 0 is no whole number from 1.'],
    [['--sedd', '1'], "Unknown option '--sedd'. See npm run faults -- --help."],
  ])('says what is wrong with %j', (args, sentence) => {
    expect(options(...args)).toBe(sentence);
  });
});
