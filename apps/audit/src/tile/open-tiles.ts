import { SeraiError } from '#libs/errors';
import {
  decodeEntryBundle,
  decodeTile,
  encodeEntryBundle,
  encodeTile,
  type HashedNode,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Tile,
  type TileFetch,
  tileOfTree,
  tilePath,
} from '#libs/transparency-log';

/** A tile and its content. */
export interface WrittenTile {
  readonly tile: Tile;
  readonly bytes: Buffer;
}

/** The tile at the end of a level: what it holds so far. */
interface OpenTile {
  readonly level: Tile['level'];
  index: number;
  /** Hashes, or entries of the bundle. */
  contents: Uint8Array[];
  hasGrown: boolean;
}

/** The last tile of each level of a growing log and its last bundle, and those that became full meanwhile. */
export class OpenTiles {
  private full: WrittenTile[] = [];

  private constructor(
    private readonly bundle: OpenTile,
    /** By level of tiles. */
    private readonly levels: OpenTile[],
  ) {}

  /**
   * The partial tiles of a log of this size.
   *
   * @throws SeraiError ERR_LOG_TILE when one is missing or of a wrong size
   */
  static async read(size: number, fetchTile: TileFetch): Promise<OpenTiles> {
    const levels: OpenTile[] = [];
    for (let level = 0; size >= TILE_WIDTH ** level; level += 1) levels.push(await readLast(level, size, fetchTile));
    return new OpenTiles(await readLast('entries', size, fetchTile), levels);
  }

  /** @param nodes that became complete with the leaf of this entry */
  append(entry: Uint8Array, nodes: readonly HashedNode[]): void {
    this.add(this.bundle, entry);
    for (const { level, hash } of nodes) {
      if (level % TILE_HEIGHT === 0) this.add(this.levelAt(level / TILE_HEIGHT), hash);
    }
  }

  /** Those that became full since this was asked last. */
  takeFull(): WrittenTile[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }

  /** Those at the end of each level that grew since this was asked last. */
  partial(): WrittenTile[] {
    const grown = [this.bundle, ...this.levels].filter(({ hasGrown, contents }) => hasGrown && contents.length > 0);
    for (const tile of grown) tile.hasGrown = false;
    return grown.map(written);
  }

  private add(open: OpenTile, content: Uint8Array): void {
    open.contents.push(content);
    open.hasGrown = true;
    if (open.contents.length < TILE_WIDTH) return;
    this.full.push(written(open));
    open.index += 1;
    open.contents = [];
  }

  private levelAt(level: number): OpenTile {
    const known = this.levels[level] ?? { level, index: 0, contents: [], hasGrown: false };
    this.levels[level] = known;
    return known;
  }
}

function written({ level, index, contents }: OpenTile): WrittenTile {
  const tile: Tile = { level, index, width: contents.length };
  return { tile, bytes: level === 'entries' ? encodeEntryBundle(contents) : encodeTile(contents) };
}

async function readLast(level: Tile['level'], size: number, fetchTile: TileFetch): Promise<OpenTile> {
  const hashes = level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
  const index = Math.floor(hashes / TILE_WIDTH);
  const tile = tileOfTree(level, index, size);
  if (tile === undefined) return { level, index, contents: [], hasGrown: false };
  const bytes = await fetchTile(tile);
  if (bytes === undefined)
    throw new SeraiError('ERR_LOG_TILE', 'A tile of the log is missing.', { detail: { path: tilePath(tile) } });
  const contents = level === 'entries' ? decodeEntryBundle(bytes, tile.width) : decodeTile(tile, bytes);
  return { level, index, contents, hasGrown: false };
}
