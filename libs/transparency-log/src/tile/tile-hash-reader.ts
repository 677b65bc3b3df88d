import { SeraiError } from '#libs/errors';
import { HASH_BYTES, nodeHash, requireHash } from '../tree/hashing.js';
import type { HashReader } from '../tree/prove.js';
import { outOfRange, requireTreeSize, type TreeNode } from '../tree/shape.js';
import { TILE_HEIGHT, TILE_WIDTH, type Tile, tileBytes, tileOfTree, tilePath } from './tile-path.js';

/** Gets the bytes of a tile, or undefined when it is not there (404). */
export type TileFetch = (tile: Tile) => Promise<Uint8Array | undefined>;

/**
 * Writes hashes as the content of a tile.
 *
 * @param hashes 1 to 256, of 32 bytes each
 * @see https://c2sp.org/tlog-tiles#merkle-tree
 * @throws SeraiError ERR_LOG_RANGE for another number of hashes, ERR_LOG_MALFORMED for one that is not 32 bytes
 */
export function encodeTile(hashes: readonly Uint8Array[]): Buffer {
  if (hashes.length < 1 || hashes.length > TILE_WIDTH)
    throw outOfRange('A tile has 1 to 256 hashes.', { hashes: hashes.length });
  for (const hash of hashes) requireHash(hash);
  return Buffer.concat(hashes);
}

/**
 * Reads the content of a tile.
 *
 * @returns its hashes, as views of `bytes`
 * @throws SeraiError ERR_LOG_TILE unless there are exactly `width` times 32 bytes
 */
export function decodeTile(tile: Tile, bytes: Uint8Array): Uint8Array[] {
  if (bytes.byteLength !== tileBytes(tile))
    throw new SeraiError('ERR_LOG_TILE', 'The tile has another size than its path says.', {
      detail: { path: tilePath(tile), bytes: bytes.byteLength },
    });
  return Array.from({ length: tile.width }, (_, place) => bytes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
}

/**
 * Reads the hashes of a tree of `size` leaves from its tiles, those of a call at the same time; a proof needs at most fourteen. What was read is kept, and nodes within a
 * tile are hashed once: one reader for a piece of work. Where a partial tile is no longer there, the full one that took its place serves. Sizes are checked, hashes are not:
 * verify what is made of them.
 *
 * @param size of a verified checkpoint
 * @throws SeraiError ERR_LOG_RANGE for what is no size. The reader: ERR_LOG_RANGE for nodes that are not complete at this size, ERR_LOG_TILE for a tile that is
 *   missing or of a wrong size; and what `fetchTile` throws
 * @see https://c2sp.org/tlog-tiles#partial-tiles
 * @example const readHashes = tileHashReader(size, (tile) => readFile(join(folder, tilePath(tile))))
 */
export function tileHashReader(size: number, fetchTile: TileFetch): HashReader {
  requireTreeSize(size);
  const known = new Map<string, TileNodes>();
  return async (nodes) => {
    const places = nodes.map((node) => placeOf(node, size));
    const missing = new Map(places.filter(({ path }) => !known.has(path)).map(({ path, tile }) => [path, tile]));
    await Promise.all(
      [...missing].map(async ([path, tile]) => known.set(path, new TileNodes(await readTile(tile, fetchTile)))),
    );
    return places.map(({ path, begin, end }) => known.get(path)!.above(begin, end));
  };
}

/** The hashes of a tile and of the nodes above them, each made when it is asked for first. */
class TileNodes {
  /** By their numbers in a heap: the tile's root is 1, the children of n are 2n and 2n + 1. */
  private readonly made = new Map<number, Uint8Array>();

  constructor(private readonly hashes: readonly Uint8Array[]) {}

  /** The node above the hashes from `begin` up to, not with, `end`, which are all there; their number is a power of two. */
  above(begin: number, end: number): Uint8Array {
    if (end - begin === 1) return this.hashes[begin]!;
    const number = (TILE_WIDTH + begin) / (end - begin);
    const known = this.made.get(number);
    if (known !== undefined) return known;
    const middle = (begin + end) / 2;
    const node = nodeHash(this.above(begin, middle), this.above(middle, end));
    this.made.set(number, node);
    return node;
  }
}

/** Which hashes of which tile make up a node. */
interface Place {
  readonly path: string;
  readonly tile: Tile;
  readonly begin: number;
  readonly end: number;
}

function placeOf({ level, index }: TreeNode, size: number): Place {
  const isNode = Number.isInteger(level) && level >= 0 && Number.isSafeInteger(index) && index >= 0;
  if (!isNode || (index + 1) * 2 ** level > size)
    throw outOfRange('The node is not complete in this tree.', { level, index, size });
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const hashes = 2 ** (level % TILE_HEIGHT);
  const tileIndex = Math.floor((index * hashes) / TILE_WIDTH);
  const tile = tileOfTree(tileLevel, tileIndex, size);
  if (tile === undefined) throw outOfRange('The node is not complete in this tree.', { level, index, size });
  const begin = index * hashes - tileIndex * TILE_WIDTH;
  return { path: tilePath(tile), tile, begin, end: begin + hashes };
}

async function readTile(tile: Tile, fetchTile: TileFetch): Promise<Uint8Array[]> {
  const bytes = await fetchTile(tile);
  if (bytes !== undefined) return decodeTile(tile, bytes);
  const full = { ...tile, width: TILE_WIDTH };
  const fullBytes = tile.width < TILE_WIDTH ? await fetchTile(full) : undefined;
  if (fullBytes !== undefined) return decodeTile(full, fullBytes).slice(0, tile.width);
  throw new SeraiError('ERR_LOG_TILE', 'A tile of the log is missing.', { detail: { path: tilePath(tile) } });
}
