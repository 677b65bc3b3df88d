import {
  type Measure,
  measure,
  type PairClass,
  type Priority,
  pairClass,
  priority,
  type StatisticsTable,
} from '#libs/contracts';
import { hiddenCells, SMALL } from './suppression.js';

/** The version of the rules by which this counts and suppresses. */
export const STATISTICS_RULES = 1;

/** What one leg counts as within the period. */
export interface Tally {
  readonly priority: Priority;
  readonly pair: PairClass;
  readonly measures: readonly Measure[];
  /** From the delivery to the answer, where the answer is counted. */
  readonly answerMs: number | undefined;
}

const PRIORITIES = [...priority.options, 'TOTAL'] as const;
const PAIRS = [...pairClass.options, 'TOTAL'] as const;
const MINUTE_MS = 60_000;

type Counts = StatisticsTable['counts'];

/** The table as it is published: what is small, or would tell what is small, is null. */
export function tableOf(tallies: readonly Tally[], refusedByRules: number): StatisticsTable {
  const grids = recordOf(measure.options, () => PRIORITIES.map(() => PAIRS.map(() => 0)));
  for (const { priority: row, pair, measures } of tallies) {
    for (const name of measures) addTo(grids[name], PRIORITIES.indexOf(row), PAIRS.indexOf(pair));
  }
  const counts = recordOf(measure.options, (name) => shown(grids[name]));
  return {
    counts,
    refusedByRules: isSmall(refusedByRules) ? null : refusedByRules,
    medianMinutes: mediansOf(tallies, counts.ANSWERED),
  };
}

/** Counts one into its cell and into the totals of its row, its column and the table. */
function addTo(grid: number[][], row: number, column: number): void {
  for (const counted of [row, PRIORITIES.length - 1]) {
    for (const cell of [column, PAIRS.length - 1]) grid[counted]![cell]! += 1;
  }
}

function shown(grid: number[][]): Counts[Measure] {
  const hidden = hiddenCells(grid);
  return recordOf(PRIORITIES, (_row, row) =>
    recordOf(PAIRS, (_column, column) => (hidden[row]![column] ? null : grid[row]![column]!)),
  );
}

/** Where the number of answers is not told, their median is not either. */
function mediansOf(tallies: readonly Tally[], answered: Counts['ANSWERED']): StatisticsTable['medianMinutes'] {
  return recordOf(PRIORITIES, (row) => {
    const times = tallies.flatMap(({ priority: own, answerMs }) =>
      answerMs !== undefined && (row === 'TOTAL' || row === own) ? [answerMs] : [],
    );
    return answered[row].TOTAL === null || times.length < SMALL ? null : medianMinutes(times);
  });
}

function medianMinutes(times: number[]): number {
  times.sort((one, other) => one - other);
  const [low, high] = [times[(times.length - 1) >> 1]!, times[times.length >> 1]!];
  return Math.max(0, Math.floor((low + high) / 2 / MINUTE_MS));
}

const isSmall = (count: number): boolean => count > 0 && count < SMALL;

function recordOf<K extends string, V>(names: readonly K[], entryOf: (name: K, place: number) => V): Record<K, V> {
  return Object.fromEntries(names.map((name, place) => [name, entryOf(name, place)])) as Record<K, V>;
}
