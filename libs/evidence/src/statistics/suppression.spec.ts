import { hiddenCells, SMALL } from './suppression.js';

/** A table with its totals. */
function withTotals(inner: readonly (readonly number[])[]): number[][] {
  const rows = inner.map((row) => [...row, row.reduce((sum, value) => sum + value, 0)]);
  return [...rows, rows[0]!.map((_, column) => rows.reduce((sum, row) => sum + row[column]!, 0))];
}

/** What is shown: null where nothing is. */
function shownOf(grid: readonly (readonly number[])[]): (number | null)[][] {
  const hidden = hiddenCells(grid);
  return grid.map((row, place) => row.map((value, column) => (hidden[place]![column] ? null : value)));
}

const isSmall = (value: number) => value > 0 && value < SMALL;

/** Same numbers for a seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/**
 * Every way to fill in what is not shown of a table of two rows and two columns, for somebody who knows that nothing hidden is zero; hidden totals follow. Up to a
 * bound: there are more.
 */
function fillings(shown: (number | null)[][], most: number): number[][][] {
  const places = [0, 1].flatMap((row) => [0, 1].map((column) => [row, column] as const));
  const found: number[][][] = [];
  const fill = (inner: number[][], place: number): void => {
    const at = places[place];
    if (at === undefined) {
      const grid = withTotals(inner);
      const fits = grid.every((row, r) =>
        row.every((value, c) => (shown[r]![c] === null ? value > 0 : value === shown[r]![c])),
      );
      if (fits) found.push(grid);
      return;
    }
    const [row, column] = at;
    const known = shown[row]![column]!;
    const values = known === null ? Array.from({ length: most }, (_, value) => value + 1) : [known];
    for (const value of values) {
      const next = inner.map((cells) => [...cells]);
      next[row]![column] = value;
      fill(next, place + 1);
    }
  };
  fill(
    [
      [0, 0],
      [0, 0],
    ],
    0,
  );
  return found;
}

describe(hiddenCells.name, () => {
  it('shows a table without small numbers whole, with its zeros', () => {
    const grid = withTotals([
      [5, 0, 17],
      [0, 6, 30],
    ]);
    expect(shownOf(grid)).toEqual(grid);
  });

  it('hides a cell of 3 with its complement: the smallest around it, until no total tells it', () => {
    const grid = withTotals([
      [3, 9, 40],
      [20, 30, 50],
    ]);
    expect(shownOf(grid)).toEqual([
      [null, null, 40, 52],
      [null, null, 50, 100],
      [23, 39, 90, 152],
    ]);
  });

  it('hides the totals of a lone small cell too, and what would tell them', () => {
    const grid = withTotals([
      [3, 0],
      [0, 40],
    ]);
    expect(shownOf(grid)).toEqual([
      [null, 0, null],
      [0, null, null],
      [null, null, 43],
    ]);
  });

  it('does not leave a small number between a total and what is shown of it', () => {
    const shown = shownOf(
      withTotals([
        [1, 2, 40, 50],
        [60, 70, 80, 90],
      ]),
    );
    expect(shown[0]!.filter((value) => value === null).length).toBeGreaterThan(2);
  });

  it.each([1, 2, 3, 4])('never shows a %i, wherever it stands', (small) => {
    for (const row of [0, 1, 2]) {
      for (const column of [0, 1, 2]) {
        const inner = [0, 1, 2].map((r) => [0, 1, 2].map((c) => (r === row && c === column ? small : 10 + r + 7 * c)));
        expect(
          shownOf(withTotals(inner))
            .flat()
            .filter((value) => value !== null && isSmall(value)),
        ).toEqual([]);
      }
    }
  });

  it('leaves for every hidden cell another number, whoever fills in the table with everything that is shown', () => {
    const next = random(7);
    for (let time = 0; time < 400; time += 1) {
      const inner = [0, 1].map(() => [0, 1].map(() => (next() < 0.2 ? 0 : Math.floor(next() * 12))));
      const grid = withTotals(inner);
      const shown = shownOf(grid);
      const ways = fillings(shown, 16);
      for (const [row, cells] of shown.entries()) {
        for (const [column, value] of cells.entries()) {
          if (value !== null) expect(isSmall(value)).toBe(false);
          else expect(new Set(ways.map((way) => way[row]![column])).size).toBeGreaterThan(1);
        }
      }
    }
  });

  it('lets no hidden cell of a large table follow from the sums of its rows and columns', () => {
    const next = random(11);
    for (let time = 0; time < 300; time += 1) {
      const inner = Array.from({ length: 4 }, () =>
        Array.from({ length: 4 }, () => (next() < 0.3 ? 0 : Math.floor(next() ** 3 * 60))),
      );
      const grid = withTotals(inner);
      expect(certainCells(hiddenCells(grid))).toEqual([]);
    }
  });
});

/** Hidden cells that the sums determine: by elimination over the rational numbers, which knows nothing of circles. */
function certainCells(hidden: boolean[][]): string[] {
  const names = hidden.flatMap((row, r) => row.flatMap((is, c) => (is ? [`${r} ${c}`] : [])));
  const last = { row: hidden.length - 1, column: hidden[0]!.length - 1 };
  const lines = [
    ...hidden.map((row, r) => row.map((_, c) => [`${r} ${c}`, c === last.column ? -1 : 1] as const)),
    ...hidden[0]!.map((_, c) => hidden.map((_row, r) => [`${r} ${c}`, r === last.row ? -1 : 1] as const)),
  ];
  const matrix = lines.map((line) => {
    const factors = new Map<string, number>(line);
    return names.map((name) => factors.get(name) ?? 0);
  });
  const reduced = reduce(matrix);
  return reduced.flatMap((row) => {
    const places = row.flatMap((factor, place) => (Math.abs(factor) > 1e-9 ? [place] : []));
    return places.length === 1 ? [names[places[0]!]!] : [];
  });
}

/** Reduced row echelon form. */
function reduce(matrix: number[][]): number[][] {
  const rows = matrix.map((row) => [...row]);
  let pivot = 0;
  for (let column = 0; column < (rows[0]?.length ?? 0); column += 1) {
    const found = rows.findIndex((row, place) => place >= pivot && Math.abs(row[column]!) > 1e-9);
    if (found < 0) continue;
    [rows[pivot], rows[found]] = [rows[found]!, rows[pivot]!];
    const factor = rows[pivot]![column]!;
    rows[pivot] = rows[pivot]!.map((value) => value / factor);
    for (const [place, row] of rows.entries()) {
      if (place !== pivot) rows[place] = row.map((value, at) => value - row[column]! * rows[pivot]![at]!);
    }
    pivot += 1;
  }
  return rows;
}
