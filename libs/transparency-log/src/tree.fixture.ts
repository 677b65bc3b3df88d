import {
  encodeTile,
  Frontier,
  type HashReader,
  leafHash,
  nodesOfTile,
  type Tile,
  tilePath,
  tilesOfGrowth,
} from './index.js';

/** A tree with all its nodes in memory. */
export interface TestTree {
  readonly leafHashes: readonly Buffer[];
  /** Root of the first `size` leaves at place `size`. */
  readonly roots: readonly Buffer[];
  readonly readHashes: HashReader;
  /** Full and partial tiles that a log serves which grew to these sizes, one after the other, by path. */
  tilesAt(...sizes: number[]): Promise<Map<string, Buffer>>;
}

/** Grows a tree leaf by leaf. */
export function growTree(size: number, entryOf: (index: number) => Uint8Array): TestTree {
  const frontier = new Frontier();
  const nodes = new Map<string, Uint8Array>();
  const leafHashes: Buffer[] = [];
  const roots = [frontier.root()];
  for (let index = 0; index < size; index += 1) {
    const leaf = leafHash(entryOf(index));
    leafHashes.push(leaf);
    for (const node of frontier.append(leaf)) nodes.set(`${node.level}/${node.index}`, node.hash);
    roots.push(frontier.root());
  }
  const readHashes: HashReader = async (wanted) =>
    wanted.map(({ level, index }) => {
      const hash = nodes.get(`${level}/${index}`);
      if (hash === undefined) throw new Error(`The test tree has no node ${level}/${index}.`);
      return hash;
    });
  const tilesAt = async (...sizes: number[]) => {
    const tiles = new Map<string, Buffer>();
    for (const [step, newSize] of sizes.entries())
      for (const tile of hashTiles(sizes[step - 1] ?? 0, newSize))
        tiles.set(tilePath(tile), encodeTile(await readHashes(nodesOfTile(tile))));
    return tiles;
  };
  return { leafHashes, roots, readHashes, tilesAt };
}

function hashTiles(oldSize: number, newSize: number): Tile[] {
  return [...tilesOfGrowth(oldSize, newSize)].filter(({ level }) => level !== 'entries');
}
