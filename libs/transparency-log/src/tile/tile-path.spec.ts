import { MAX_TREE_SIZE, nodesOfTile, parseTilePath, type Tile, tileOfTree, tilePath, tilesOfGrowth } from '../index.js';

const refusal = (code: string) => expect.objectContaining({ code });

describe(parseTilePath.name, () => {
  it.each<[string, Tile]>([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['tile/1/x001/000.p/1', { level: 1, index: 1000, width: 1 }],
    ['tile/63/999.p/255', { level: 63, index: 999, width: 255 }],
    ['tile/entries/x273/112.p/112', { level: 'entries', index: 273_112, width: 112 }],
    ['tile/0/x009/x007/x199/x254/x740/991', { level: 0, index: MAX_TREE_SIZE, width: 256 }],
  ])('%s', (path, tile) => {
    expect(parseTilePath(path)).toEqual(tile);
    expect(tilePath(tile)).toBe(path);
  });

  it.each([
    '',
    'tile',
    'tile/0',
    'tile/0/',
    '/tile/0/000',
    'tile/0/000/',
    'tile//000',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/1e0/000',
    'tile/data/000',
    'tile/Entries/000',
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x001',
    'tile/0/001/000',
    'tile/0/x000/001',
    'tile/0/X001/000',
    'tile/0/x001//000',
    'tile/0/../000',
    'tile/0/000.p',
    'tile/0/000.p/',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/1000',
    'tile/0/000.p/-1',
    'tile/0/000.p/1\n',
    'tile/0/000\n',
    'tile/0/000?x',
    'tile/0/\u0660\u0660\u0660',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x001/x000/x000/x000/x000/x000/000',
    `tile/0/${'x001/'.repeat(100_000)}000`,
  ])('refuses %p', (path) => {
    expect(() => parseTilePath(path)).toThrow(refusal('ERR_LOG_MALFORMED'));
  });
});

describe(tilePath.name, () => {
  it.each<Partial<Tile>>([
    { level: -1 },
    { level: 64 },
    { level: 0.5 },
    { index: -1 },
    { index: 0.5 },
    { index: MAX_TREE_SIZE + 1 },
    { width: 0 },
    { width: 257 },
    { width: 1.5 },
    { width: Number.NaN },
  ])('refuses %p', (part) => {
    const tile = { level: 0, index: 0, width: 1, ...part };
    expect(() => tilePath(tile)).toThrow(refusal('ERR_LOG_RANGE'));
    expect(() => nodesOfTile(tile)).toThrow(refusal('ERR_LOG_RANGE'));
  });
});

describe(tilesOfGrowth.name, () => {
  const paths = (oldSize: number, newSize: number) => [...tilesOfGrowth(oldSize, newSize)].map(tilePath);

  it('writes what became full and what is partial now', () => {
    expect(paths(0, 0)).toEqual([]);
    expect(paths(5, 5)).toEqual([]);
    expect(paths(0, 1)).toEqual(['tile/entries/000.p/1', 'tile/0/000.p/1']);
    expect(paths(255, 256)).toEqual(['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']);
    expect(paths(256, 257)).toEqual(['tile/entries/001.p/1', 'tile/0/001.p/1']);
  });

  it('is the tree of 70,000 of the specification', () => {
    const levels = Map.groupBy(tilesOfGrowth(0, 70_000), ({ level }) => level);
    const widths = (level: Tile['level']) => levels.get(level)?.map(({ width }) => width);
    expect(widths(0)).toEqual([...Array.from({ length: 273 }, () => 256), 112]);
    expect(widths('entries')).toEqual(widths(0));
    expect(widths(1)).toEqual([256, 17]);
    expect(widths(2)).toEqual([1]);
    expect(levels.size).toBe(4);
  });

  it('says the same about single tiles', () => {
    expect(tileOfTree(0, 273, 70_000)).toEqual({ level: 0, index: 273, width: 112 });
    expect(tileOfTree('entries', 272, 70_000)).toEqual({ level: 'entries', index: 272, width: 256 });
    expect(tileOfTree(0, 274, 70_000)).toBeUndefined();
    expect(tileOfTree(1, 0, 255)).toBeUndefined();
    expect(tileOfTree(2, 1, 70_000)).toBeUndefined();
    expect(tileOfTree(63, 0, MAX_TREE_SIZE)).toBeUndefined();
    expect(() => tileOfTree(64, 0, 1)).toThrow(refusal('ERR_LOG_RANGE'));
    expect(() => tileOfTree(0, -1, 1)).toThrow(refusal('ERR_LOG_RANGE'));
    expect(() => tileOfTree(0, 0, MAX_TREE_SIZE + 1)).toThrow(refusal('ERR_LOG_RANGE'));
  });

  it('costs what is taken of it, whatever the sizes', () => {
    const [first] = tilesOfGrowth(0, MAX_TREE_SIZE);
    expect(first).toEqual({ level: 'entries', index: 0, width: 256 });
    expect(paths(MAX_TREE_SIZE - 1, MAX_TREE_SIZE)).toHaveLength(2);
  });

  it.each([
    [1, 0],
    [-1, 0],
    [0, 0.5],
    [Number.NaN, 1],
    [0, MAX_TREE_SIZE + 1],
  ])('refuses %p to %p', (oldSize, newSize) => {
    expect(() => tilesOfGrowth(oldSize, newSize)).toThrow(refusal('ERR_LOG_RANGE'));
  });
});

describe(nodesOfTile.name, () => {
  it('names the nodes of a tile', () => {
    expect(nodesOfTile({ level: 1, index: 2, width: 2 })).toEqual([
      { level: 8, index: 512 },
      { level: 8, index: 513 },
    ]);
  });

  it.each<Tile>([
    { level: 'entries', index: 0, width: 1 },
    { level: 7, index: 0, width: 1 },
    { level: 63, index: 0, width: 1 },
    { level: 6, index: 0, width: 32 },
    { level: 0, index: MAX_TREE_SIZE, width: 1 },
  ])('refuses %p', (tile) => {
    expect(() => nodesOfTile(tile)).toThrow(refusal('ERR_LOG_RANGE'));
  });
});
