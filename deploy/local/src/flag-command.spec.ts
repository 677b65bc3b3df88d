import { type FlagCommand, flagsOf, helpOf, NOTHING_TO_DO } from './flag-command.js';

const TALE: FlagCommand = { name: 'npm run tale', about: 'tells a tale.', flags: { json: 'as JSON' } };

describe(flagsOf.name, () => {
  it('says what was given', () => {
    expect(flagsOf(TALE, [])).toEqual([]);
    expect(flagsOf(TALE, ['--json'])).toEqual(['json']);
  });

  it('explains itself, whatever else is given', () => {
    expect(flagsOf(TALE, ['--help', '--json'])).toBe(NOTHING_TO_DO);
    expect(helpOf(TALE)).toBe('npm run tale: tells a tale.\n\n  --json     as JSON\n  --help     this');
  });

  it.each([
    [['--jsn'], "Unknown option '--jsn'. See npm run tale -- --help."],
    [['--json=yes'], "Option '--json' does not take an argument. See npm run tale -- --help."],
    [
      ['now'],
      "Unexpected argument 'now'. This command does not take positional arguments. See npm run tale -- --help.",
    ],
  ])('says what is wrong with %j', (args, sentence) => {
    expect(flagsOf(TALE, args)).toContain(sentence.split('. ')[0]);
  });
});
