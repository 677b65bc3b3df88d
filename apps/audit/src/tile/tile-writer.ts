import { Inject, Injectable } from '@nestjs/common';
import { SeraiError } from '#libs/errors';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Frontier, leafHash, tileHashReader } from '#libs/transparency-log';
import { LeafRepository } from '../leaf/leaf.repository.js';
import { LogFolder } from './log-folder.js';
import { OpenTiles } from './open-tiles.js';

/** Leaves that are read, hashed and written at once. */
const STRIDE = 8_192;
/** How often a long growth is told of. */
const TELL_EVERY = 65_536;

/** Writes the tiles of a log that grew, from its leaves in the database. */
@Injectable()
export class TileWriter {
  /** Right edge of what this process wrote last; what is on disk decides when it does not fit. */
  private edge: { readonly frontier: Frontier; readonly open: OpenTiles } | undefined;

  constructor(
    private readonly leaves: LeafRepository,
    private readonly folder: LogFolder,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Makes every tile and bundle durable that a log of `newSize` has and one of `oldSize` has not. Doing it again changes nothing.
   *
   * @param oldSize whose tiles are there
   * @throws SeraiError ERR_LOG_STATE when a tile is there with other bytes, or the database has fewer leaves; ERR_LOG_TILE when tiles of `oldSize` are missing
   */
  async grow(oldSize: number, newSize: number): Promise<void> {
    const known = this.edge;
    this.edge = undefined;
    const edge = known?.frontier.size === oldSize ? known : await this.readEdge(oldSize);
    const { frontier, open } = edge;
    for (let size = oldSize; size < newSize; size = frontier.size) {
      await this.stride(edge, Math.min(newSize, size + STRIDE));
      if (Math.floor(frontier.size / TELL_EVERY) > Math.floor(size / TELL_EVERY))
        this.logger.info({ size: frontier.size, of: newSize }, 'writing the tiles of the log');
    }
    await this.folder.writeTiles(open.partial());
    this.edge = edge;
  }

  /** The last of them may be open: it is written only where the growth ends. */
  private async stride({ frontier, open }: { frontier: Frontier; open: OpenTiles }, end: number): Promise<void> {
    const begin = frontier.size;
    const entries = await this.leaves.entries(begin, end);
    if (entries.length !== end - begin) throw missing(begin, end, entries.length);
    for (const entry of entries) open.append(entry, frontier.append(leafHash(entry)));
    await this.folder.writeTiles(open.takeFull());
  }

  private async readEdge(size: number): Promise<{ frontier: Frontier; open: OpenTiles }> {
    const fetchTile = this.folder.readTile.bind(this.folder);
    const frontier = await Frontier.read(size, tileHashReader(size, fetchTile));
    return { frontier, open: await OpenTiles.read(size, fetchTile) };
  }
}

function missing(begin: number, end: number, found: number): SeraiError {
  return new SeraiError(
    'ERR_LOG_STATE',
    'Leaves are missing in the database. Do not go on; find out who removed them.',
    {
      detail: { begin, end, found },
    },
  );
}
