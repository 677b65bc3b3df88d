import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore } from '#libs/attachments';
import { BLOB_STORE } from '../attachment/blob-store.token.js';

/** As many ids lie in one page. */
const PAGE = 4_096;
const nameOf = (page: number): string => `erased-records.${page}`;

/**
 * The ids of all records that were erased, where the attachments lie: outside the database, so that a backup of it that is restored brings nothing back. Ids are
 * only ever added. Pages begin at 0 and have no gap.
 */
@Injectable()
export class Tombstones {
  constructor(@Inject(BLOB_STORE) private readonly store: BlobStore) {}

  /** Every id, page by page. */
  async *pages(): AsyncGenerator<readonly string[]> {
    for (let page = 0; ; page += 1) {
      const ids = await this.read(page);
      if (ids === undefined) return;
      yield ids;
    }
  }

  /**
   * Durable when it resolves. Nobody else may add meanwhile.
   *
   * @throws SeraiError ERR_STORAGE_FULL, ERR_STORAGE_UNAVAILABLE
   */
  async add(ids: readonly string[]): Promise<void> {
    let page = 0;
    let last: readonly string[] = [];
    for await (const found of this.pages()) {
      last = found;
      page += 1;
    }
    if (page > 0 && last.length < PAGE) page -= 1;
    else last = [];
    const known = new Set(last);
    const all = [...last, ...ids.filter((id) => !known.has(id))];
    for (let begin = 0; begin < all.length; begin += PAGE) {
      await this.store.put(nameOf(page), Buffer.from(all.slice(begin, begin + PAGE).join('\n')));
      page += 1;
    }
  }

  private async read(page: number): Promise<readonly string[] | undefined> {
    const bytes = await this.store.find(nameOf(page));
    return bytes?.toString('utf8').split('\n');
  }
}
