import { SeraiError } from '#libs/errors';
import { HASH_BYTES } from '../tree/hashing.js';
import { MAX_TREE_SIZE, outOfRange, requireTreeSize, type TreeNode } from '../tree/shape.js';

/** Hashes in a full tile, entries in a full bundle. */
export const TILE_WIDTH = 256;
/** How many levels of the tree one level of tiles spans. */
export const TILE_HEIGHT = 8;

const MAX_LEVEL = 63;
const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** Which tile: the hash at place `i` is that of the node `index * 256 + i` of the tree's level `8 * level`. */
export interface Tile {
  /** 0 to 63; `entries` for the bundle of entries that belongs to the tile of level 0 and this index. */
  readonly level: number | 'entries';
  readonly index: number;
  /** How many hashes or entries: 256 when full, 1 to 255 when partial. */
  readonly width: number;
}

/**
 * Path of a tile below the log's prefix.
 *
 * @see https://c2sp.org/tlog-tiles#merkle-tree
 * @throws SeraiError ERR_LOG_RANGE for what is no tile
 * @example tilePath({ level: 0, index: 1234067, width: 112 }) // 'tile/0/x001/x234/067.p/112'
 */
export function tilePath(tile: Tile): string {
  requireTile(tile);
  const { level, index, width } = tile;
  const thousands =
    String(index)
      .padStart(3 * Math.ceil(String(index).length / 3), '0')
      .match(/.{3}/g) ?? [];
  const elements = thousands.map((digits, place) => (place < thousands.length - 1 ? `x${digits}` : digits));
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `tile/${level}/${elements.join('/')}${partial}`;
}

/**
 * Reads a path in the one form that {@link tilePath} writes. Whether a tree has the tile is another question.
 *
 * @throws SeraiError ERR_LOG_MALFORMED for anything else, also for leading zeros, `.p/256` and an index beyond 2^53 - 1
 */
export function parseTilePath(path: string): Tile {
  const [, level = '', elements = '', width] = PATH.exec(path) ?? [];
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(elements.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  if (level === '' || !isTile(tile) || tilePath(tile) !== path)
    throw new SeraiError('ERR_LOG_MALFORMED', 'This is not the path of a tile or entry bundle.');
  return tile;
}

/**
 * The full or partial tile of a tree of `size` leaves with this level and index; undefined when the tree has none.
 *
 * @throws SeraiError ERR_LOG_RANGE for what is no size or no tile
 */
export function tileOfTree(level: Tile['level'], index: number, size: number): Tile | undefined {
  requireTreeSize(size);
  requireTile({ level, index, width: TILE_WIDTH });
  const width = Math.min(TILE_WIDTH, widthOfLevel(level, size) - index * TILE_WIDTH);
  return width > 0 ? { level, index, width } : undefined;
}

/**
 * What a log has to write when it grows: every hash tile and entry bundle that has become full, and the partial one at the end of each level that grew. Bundles
 * come first, then level by level, from left to right. Partial tiles of sizes between the two are not among them.
 *
 * @throws SeraiError ERR_LOG_RANGE unless `0 <= oldSize <= newSize <= 2^53 - 1`
 * @example [...tilesOfGrowth(255, 257)].map(tilePath)
 * // ['tile/entries/000', 'tile/entries/001.p/1', 'tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']
 */
export function tilesOfGrowth(oldSize: number, newSize: number): Iterable<Tile> {
  requireTreeSize(oldSize);
  requireTreeSize(newSize);
  if (oldSize > newSize) throw outOfRange('A log does not shrink.', { oldSize, newSize });
  return growth(oldSize, newSize);
}

function* growth(oldSize: number, newSize: number): Generator<Tile, void, undefined> {
  yield* growthOfLevel('entries', oldSize, newSize);
  for (let level = 0; widthOfLevel(level, newSize) > 0; level += 1) yield* growthOfLevel(level, oldSize, newSize);
}

function* growthOfLevel(level: Tile['level'], oldSize: number, newSize: number): Generator<Tile, void, undefined> {
  const [from, to] = [widthOfLevel(level, oldSize), widthOfLevel(level, newSize)];
  if (from === to) return;
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index += 1)
    yield { level, index, width: Math.min(TILE_WIDTH, to - index * TILE_WIDTH) };
}

/**
 * The nodes whose hashes are the content of a tile, in order.
 *
 * @throws SeraiError ERR_LOG_RANGE for an entry bundle, for what is no tile, and for one that no tree of 2^53 - 1 leaves has
 */
export function nodesOfTile(tile: Tile): TreeNode[] {
  requireTile(tile);
  const { level, index, width } = tile;
  if (level === 'entries') throw outOfRange('An entry bundle has no hashes.', { index });
  if ((index * TILE_WIDTH + width) * TILE_WIDTH ** level > MAX_TREE_SIZE)
    throw outOfRange('No tree has this tile.', { level, index, width });
  return Array.from({ length: width }, (_, place) => ({
    level: TILE_HEIGHT * level,
    index: index * TILE_WIDTH + place,
  }));
}

/** Size of a tile's content in bytes: 8,192 when full. */
export function tileBytes(tile: Tile): number {
  return tile.width * HASH_BYTES;
}

/** How many hashes or entries all tiles of a level have together. */
function widthOfLevel(level: Tile['level'], size: number): number {
  return level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
}

function isTile({ level, index, width }: Tile): boolean {
  return (
    (level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= MAX_LEVEL)) &&
    Number.isSafeInteger(index) &&
    index >= 0 &&
    Number.isInteger(width) &&
    width >= 1 &&
    width <= TILE_WIDTH
  );
}

function requireTile(tile: Tile): void {
  if (!isTile(tile)) throw outOfRange('There is no such tile.', { ...tile });
}
