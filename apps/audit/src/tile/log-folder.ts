import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { SeraiError } from '#libs/errors';
import { TILE_WIDTH, type Tile, tilePath } from '#libs/transparency-log';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import { namesIfThere, readIfThere, writeDurably } from './durable-files.js';

const CHECKPOINT = 'checkpoint';

/** The log as files, at the paths of c2sp.org/tlog-tiles below one folder. What stands there once never changes, but for the checkpoint. */
@Injectable()
export class LogFolder {
  private readonly folder: string;

  constructor(@Inject(AUDIT_CONFIG) { logFolder }: Pick<AuditConfig, 'logFolder'>) {
    this.folder = logFolder;
  }

  /** Content of a tile or bundle, or undefined when it is not there. */
  readTile(tile: Tile): Promise<Buffer | undefined> {
    return readIfThere(path.join(this.folder, tilePath(tile)));
  }

  /** Of which widths there are partial tiles with the level and index of this one. */
  async partialWidths(tile: Tile): Promise<number[]> {
    const full = tilePath({ ...tile, width: TILE_WIDTH });
    const names = await namesIfThere(path.join(this.folder, `${full}.p`));
    return names.filter((name) => /^[1-9]\d{0,2}$/.test(name) && Number(name) < TILE_WIDTH).map(Number);
  }

  /**
   * Makes tiles durable; those that are there already stay.
   *
   * @throws SeraiError ERR_LOG_STATE when one is there with other bytes: the log would show two histories
   */
  async writeTiles(tiles: readonly { readonly tile: Tile; readonly bytes: Uint8Array }[]): Promise<void> {
    const missing: { path: string; bytes: Uint8Array }[] = [];
    for (const { tile, bytes } of tiles) {
      const known = await this.readTile(tile);
      if (known === undefined) missing.push({ path: path.join(this.folder, tilePath(tile)), bytes });
      else if (!known.equals(bytes)) throw changed(tile);
    }
    await writeDurably(missing);
  }

  /** The note that is published; undefined before the first. */
  readCheckpoint(): Promise<Buffer | undefined> {
    return readIfThere(path.join(this.folder, CHECKPOINT));
  }

  /** Durable when it resolves. */
  async publishCheckpoint(note: Uint8Array): Promise<void> {
    await writeDurably([{ path: path.join(this.folder, CHECKPOINT), bytes: note }]);
  }
}

function changed(tile: Tile): SeraiError {
  return new SeraiError(
    'ERR_LOG_STATE',
    'A tile of the log has other bytes than the leaves in the database lead to. Do not go on; find out which of them was changed.',
    { detail: { path: tilePath(tile) } },
  );
}
