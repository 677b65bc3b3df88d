import { isSeraiError } from '#libs/errors';
import {
  type Checkpoint,
  decodeEntryBundle,
  decodeTile,
  encodeEntryBundle,
  Frontier,
  leafHash,
  TILE_WIDTH,
  type Tile,
  tileOfTree,
  tilePath,
} from '#libs/transparency-log';
import type { LogFolder } from '../tile/log-folder.js';
import { OpenTiles, type WrittenTile } from '../tile/open-tiles.js';
import type { FsckNotes } from './fsck-report.js';

/** Told how many leaves were looked at. */
export type Progress = (leaves: number) => void;

/** Nothing of a bundle's leaves is left: neither entries nor their hashes. */
class Lost extends Error {}

/**
 * Derives every tile and the root of a checkpoint from its entry bundles and compares. What is wrong at the bottom is wrong further up too: the finding of the lowest
 * level names the place.
 */
export class TilesCheck {
  private readonly frontier = new Frontier();

  private constructor(
    private readonly folder: LogFolder,
    private readonly notes: FsckNotes,
    private readonly open: OpenTiles,
  ) {}

  /** @returns when everything up to the head was looked at */
  static async run(folder: LogFolder, head: Checkpoint, notes: FsckNotes, progress: Progress): Promise<void> {
    const open = await OpenTiles.read(0, async () => undefined);
    await new TilesCheck(folder, notes, open).walk(head, progress);
  }

  private async walk({ size, root }: Checkpoint, progress: Progress): Promise<void> {
    try {
      for (let index = 0; index * TILE_WIDTH < size; index += 1) {
        await this.takeBundle(index, size);
        for (const derived of this.open.takeFull()) await this.compare(derived);
        progress(this.frontier.size);
      }
    } catch (error) {
      // Without these leaves nothing above and behind them can be derived; what is missing has been noted.
      if (error instanceof Lost) return;
      throw error;
    }
    for (const derived of this.open.partial()) await this.compare(derived);
    if (!this.frontier.root().equals(root)) this.notes.find('ROOT_WRONG', { size });
  }

  private async takeBundle(index: number, size: number): Promise<void> {
    const tile = tileOfTree('entries', index, size)!;
    const entries = await this.entriesOf(tile);
    const hashes = entries?.map(leafHash) ?? (await this.hashesOf(tileOfTree(0, index, size)!));
    for (const [place, hash] of hashes.entries())
      this.open.append(entries?.[place] ?? Buffer.alloc(0), this.frontier.append(hash));
    this.notes.look('leaves', hashes.length);
    if (entries !== undefined) await this.comparePartials(tile, (width) => encodeEntryBundle(entries.slice(0, width)));
  }

  private async entriesOf(tile: Tile): Promise<Buffer[] | undefined> {
    const bytes = await this.folder.readTile(tile);
    const entries = bytes && unlessBroken(() => decodeEntryBundle(bytes, tile.width));
    if (entries === undefined) this.notes.find('BUNDLE_MISSING', { path: tilePath(tile) });
    return entries;
  }

  /** Stand in for entries that are missing. */
  private async hashesOf(tile: Tile): Promise<Uint8Array[]> {
    const bytes = await this.folder.readTile(tile);
    const hashes = bytes && unlessBroken(() => decodeTile(tile, bytes));
    if (hashes !== undefined) return hashes;
    this.notes.find('TILE_MISSING', { path: tilePath(tile) });
    throw new Lost();
  }

  private async compare({ tile, bytes }: WrittenTile): Promise<void> {
    // Bundles are where everything comes from.
    if (tile.level === 'entries') return;
    this.notes.look('tiles');
    const found = await this.folder.readTile(tile);
    if (found === undefined) this.notes.find('TILE_MISSING', { path: tilePath(tile) });
    else if (!found.equals(bytes)) this.notes.find('TILE_WRONG', { path: tilePath(tile) });
    await this.comparePartials(tile, (width) => bytes.subarray(0, (bytes.length / tile.width) * width));
  }

  /** Those of earlier checkpoints, which whoever follows the log may still fetch. */
  private async comparePartials(tile: Tile, begin: (width: number) => Buffer): Promise<void> {
    for (const width of await this.folder.partialWidths(tile)) {
      if (width >= tile.width) continue;
      const partial = { ...tile, width };
      this.notes.look('partials');
      const found = await this.folder.readTile(partial);
      if (found !== undefined && !found.equals(begin(width)))
        this.notes.find('PARTIAL_WRONG', { path: tilePath(partial) });
    }
  }
}

function unlessBroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_TILE')) return undefined;
    throw error;
  }
}
