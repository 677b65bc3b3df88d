import { FAULTS_HELP, faultsOptions, NOTHING_TO_DO } from './faults-options.js';

const options = (...args: string[]) => faultsOptions(args, ['gateway', 'Kafka'], () => 41);

describe(faultsOptions.name, () => {
  it('kills everything among ten thousand exchanges, with a new seed, unless told otherwise', () => {
    expect(options()).toEqual({ seed: 41, only: [], exchanges: 10_000, json: false });
    expect(options('--seed', '7', '--only', 'Kafka,gateway', '--exchanges', '300', '--json')).toEqual({
      seed: 7,
      only: ['Kafka', 'gateway'],
      exchanges: 300,
      json: true,
    });
  });

  it('explains itself', () => {
    expect(options('--help')).toBe(NOTHING_TO_DO);
    for (const name of ['--exchanges', '--only', '--seed', '--json']) expect(FAULTS_HELP).toContain(name);
  });

  it.each([
    [['--seed', 'x'], '--seed x is no whole number from 0.'],
    [['--exchanges', '0'], '--exchanges 0 is no whole number from 1.'],
    [['--exchanges', '1.5'], '--exchanges 1.5 is no whole number from 1.'],
    [['--only', 'gateway,zookeeper'], 'There is no process "zookeeper". There are: gateway, Kafka.'],
    [['--sedd', '1'], "Unknown option '--sedd'. See npm run faults -- --help."],
  ])('says what is wrong with %j', (args, sentence) => {
    expect(options(...args)).toBe(sentence);
  });
});
