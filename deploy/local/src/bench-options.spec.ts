import { BENCH_HELP, benchOptions } from './bench-options.js';
import { NOTHING_TO_DO } from './flag-command.js';

describe(benchOptions.name, () => {
  it('profiles only when asked to', () => {
    expect(benchOptions([])).toEqual({ profiles: false });
    expect(benchOptions(['--short', '--json'])).toEqual({ profiles: false });
    expect(benchOptions(['--profile', 'profiles'])).toEqual({ profiles: true });
    expect(benchOptions(['--only', 'clients'])).toEqual({ profiles: false });
  });

  it('explains itself', () => {
    expect(benchOptions(['--help'])).toBe(NOTHING_TO_DO);
    for (const name of ['--short', '--profile', '--json', '--only']) expect(BENCH_HELP).toContain(name);
  });

  it.each([
    [['--shrt'], "Unknown option '--shrt'. See npm run bench -- --help."],
    [['--profile'], "Option '--profile <value>' argument missing. See npm run bench -- --help."],
    [
      ['--only', 'latency'],
      '--only knows "clients", "log" and "audit-search", not "latency". See npm run bench -- --help.',
    ],
    [['fast'], "Unexpected argument 'fast'. See npm run bench -- --help."],
  ])('says what is wrong with %j', (args, sentence) => {
    expect(benchOptions(args)).toContain(sentence.split('. See')[0]);
  });
});
