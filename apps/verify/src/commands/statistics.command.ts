import { type StatisticsFacts, verifyStatistics } from '#libs/evidence';
import { readInput, readLines, readRoots } from '../input.js';
import { printVerdict } from '../output.js';
import type { Terminal } from '../usage.js';
import { type Arguments, required } from './arguments.js';

/** `verify statistics <issued statistics> <basis> --roots <file>` */
export async function statisticsCommand(args: Arguments, terminal: Terminal): Promise<boolean> {
  const [file, basis] = args.positionals;
  const roots = readRoots(required(args, 'roots'));
  const verdict = await verifyStatistics(readInput(file!), readLines(basis!), { roots });
  printVerdict(terminal, verdict, {
    json: args.json,
    wordsOf: (facts) => [
      `COUNTED   ${facts.from} until before ${facts.to}, realm ${facts.realm}, issued ${facts.issuedAt}: ${facts.events} events among the ${facts.log.size} leaves of ${facts.log.origin}, cosigned by ${facts.log.witnesses.join(', ')}`,
      '',
      ...rowsOf(facts),
    ],
  });
  return verdict.holds;
}

/** The totals by priority, one line for each measure; the rest is in `--json`. */
function rowsOf({ table: { counts, medianMinutes, refusedByRules } }: StatisticsFacts): string[] {
  const priorities = Object.keys(medianMinutes) as (keyof typeof medianMinutes)[];
  const row = (name: string, numbers: readonly (number | string | null)[]): string =>
    [name.padEnd(20), ...numbers.map((number) => String(number ?? '*').padStart(16))].join('');
  return [
    row('', priorities),
    ...Object.entries(counts).map(([name, cells]) =>
      row(
        name,
        priorities.map((priority) => cells[priority].TOTAL),
      ),
    ),
    row(
      'MEDIAN MINUTES',
      priorities.map((priority) => medianMinutes[priority]),
    ),
    row('REFUSED BY RULES', [refusedByRules]),
    '* suppressed, or too few',
  ];
}
