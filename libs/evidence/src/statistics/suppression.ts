/** Numbers from 1 up to, not with, this one are told of nobody. */
export const SMALL = 5;

/** Rows of counts; the last row and the last column are the totals, and every row and column adds up to its last cell. */
export type Grid = readonly (readonly number[])[];

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly value: number;
  isHidden: boolean;
}

/**
 * Which cells of a table must not be shown. Small ones are hidden; then more, as small as may be, until nothing that is hidden follows from what is shown: every hidden
 * cell could be at least one other number, also for somebody who knows that zeros are shown, and what is missing from a total is not small either.
 *
 * @example hiddenCells([[3, 9, 12], [20, 30, 50], [23, 39, 62]]) // the 3, and three others that close a circle with it
 */
export function hiddenCells(grid: Grid): boolean[][] {
  const cells = grid.flatMap((values, row) =>
    values.map((value, column): Cell => ({ row, column, value, isHidden: value > 0 && value < SMALL })),
  );
  const lines = [
    ...grid.map((_, row) => cells.filter((cell) => cell.row === row)),
    ...grid[0]!.map((_, column) => cells.filter((cell) => cell.column === column)),
  ];
  while (hideRest(lines) || hideCircle(cells)) {
    // Each hides at least one more, or has nothing left to hide.
  }
  return grid.map((_, row) => cells.filter((cell) => cell.row === row).map(({ isHidden }) => isHidden));
}

/** A total that is shown tells, less the cells that are shown, a small number: hides one more cell of its line. */
function hideRest(lines: readonly (readonly Cell[])[]): boolean {
  const exposed = lines.find((line) => {
    const rest = line.slice(0, -1).reduce((sum, { isHidden, value }) => sum + (isHidden ? value : 0), 0);
    return !line.at(-1)!.isHidden && rest > 0 && rest < SMALL;
  });
  // There is one, since the total itself is shown and no zero. It is never smaller than the others, and stands last.
  const [smallest] = (exposed ?? [])
    .filter(({ isHidden, value }) => !isHidden && value > 0)
    .sort((one, other) => one.value - other.value);
  if (smallest === undefined) return false;
  smallest.isHidden = true;
  return true;
}

/**
 * A hidden cell follows from the others where it could not be one more or one less: a change must be made up for in its row and its column, and so on, until the
 * changes close a circle of hidden cells. Where there is none, the cells of the cheapest one are hidden.
 */
function hideCircle(cells: readonly Cell[]): boolean {
  const steps = cells.filter(({ value }) => value > 0).flatMap((cell) => stepsThrough(cell, cells.at(-1)!));
  for (const cell of cells.filter(({ isHidden }) => isHidden)) {
    const others = steps.filter((step) => step.through !== cell);
    const circles = steps
      .filter((step) => step.through === cell)
      .flatMap(({ from, to }) => cheapestWay(others, to, from) ?? []);
    const [best] = circles.sort((one, other) => one.cost - other.cost);
    if (best === undefined || best.cost === 0) continue;
    for (const through of best.cells) through.isHidden = true;
    return true;
  }
  return false;
}

/** A way to change a cell by one. */
interface Step {
  readonly from: string;
  readonly to: string;
  readonly through: Cell;
}

/** Rising leads from the row of a cell to its column, falling back; a cell in one total counts against its line, and so the other way. Hidden cells stay above zero. */
function stepsThrough(cell: Cell, { row: lastRow, column: lastColumn }: Cell): Step[] {
  const ends = [`row ${cell.row}`, `column ${cell.column}`] as const;
  const isInOneTotal = (cell.row === lastRow) !== (cell.column === lastColumn);
  const [from, to] = isInOneTotal ? [ends[1], ends[0]] : ends;
  const rise = { from, to, through: cell };
  return cell.value > 1 ? [rise, { from: to, to: from, through: cell }] : [rise];
}

interface Way {
  /** Sum of what is not hidden yet. */
  readonly cost: number;
  readonly cells: readonly Cell[];
}

/** By Bellman and Ford; undefined where there is none. */
function cheapestWay(steps: readonly Step[], from: string, to: string): Way | undefined {
  const ways = new Map<string, Way>([[from, { cost: 0, cells: [] }]]);
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    for (const { from: begin, to: end, through } of steps) {
      const way = ways.get(begin);
      const cost = (way?.cost ?? Number.POSITIVE_INFINITY) + (through.isHidden ? 0 : through.value);
      if (way === undefined || cost >= (ways.get(end)?.cost ?? Number.POSITIVE_INFINITY)) continue;
      ways.set(end, { cost, cells: [...way.cells, through] });
      isShorter = true;
    }
  }
  return ways.get(to);
}
