import { isSeraiError } from '#libs/errors';
import { decodeEntryBundle, TILE_WIDTH, tileOfTree } from '#libs/transparency-log';
import type { LogFolder } from '../tile/log-folder.js';
import type { FsckNotes } from './fsck-report.js';

/** Compares leaves of the database with the bundles that are published. */
export class BundleComparison {
  constructor(
    private readonly folder: LogFolder,
    /** How many leaves are published. */
    private readonly size: number,
    private readonly notes: FsckNotes,
  ) {}

  /** @param bytes entries of consecutive leaves from `begin` on, each of this length */
  async compare(begin: number, bytes: Buffer, entryBytes: number): Promise<void> {
    const end = Math.min(this.size, begin + bytes.length / entryBytes);
    for (let first = begin; first < end; ) {
      const index = Math.floor(first / TILE_WIDTH);
      const bundleEnd = Math.min(end, (index + 1) * TILE_WIDTH);
      const published = await this.read(index);
      const place = first - index * TILE_WIDTH;
      const expected = published && Buffer.concat(published.slice(place, place + bundleEnd - first));
      const found = bytes.subarray((first - begin) * entryBytes, (bundleEnd - begin) * entryBytes);
      this.notes.look('compared', bundleEnd - first);
      if (expected === undefined || !expected.equals(found))
        this.differ(first, bundleEnd, found, published?.slice(place));
      first = bundleEnd;
    }
  }

  private differ(begin: number, end: number, found: Buffer, published: readonly Buffer[] | undefined): void {
    const entryBytes = found.length / (end - begin);
    const isOther = (index: number) => {
      const place = index - begin;
      return !published?.[place]?.equals(found.subarray(place * entryBytes, (place + 1) * entryBytes));
    };
    const leaf = Array.from({ length: end - begin }, (_, place) => begin + place).find(isOther);
    this.notes.find('BUNDLE_DIFFERS', { begin, end, ...(leaf === undefined ? {} : { leaf }) });
  }

  private async read(index: number): Promise<Buffer[] | undefined> {
    const tile = tileOfTree('entries', index, this.size);
    const bytes = tile && (await this.folder.readTile(tile));
    if (bytes === undefined) return undefined;
    try {
      return decodeEntryBundle(bytes, tile!.width);
    } catch (error) {
      if (isSeraiError(error, 'ERR_LOG_TILE')) return undefined;
      throw error;
    }
  }
}
