import { placeOf } from '../sequencing/log-head.js';
import type { FsckRepository, StoredRange } from './fsck.repository.js';
import type { FsckNotes } from './fsck-report.js';

const RANGES_AT_ONCE = 8_192;

/** Whether leaves stand where the records of their partitions were read: in order, and each of a range that was read. */
export class PlacesCheck {
  /** Offset of the last leaf of each partition. */
  private readonly last = new Map<string, bigint>();

  constructor(
    private readonly repository: FsckRepository,
    private readonly notes: FsckNotes,
  ) {}

  /** The leaves from `begin` up to, not with, `end`. */
  async take(begin: number, end: number): Promise<void> {
    for (const { topic, partition, first, last, isOrdered } of await this.repository.places(begin, end)) {
      const place = placeOf(topic, partition);
      const before = this.last.get(place) ?? -1n;
      if (!isOrdered || first <= before) this.notes.find('ORDER_BROKEN', { topic, partition, begin, end });
      this.last.set(place, last);
    }
  }

  /** Ranges begin at 0 and follow each other; behind the last of them there is no leaf. */
  async compareWithRead(): Promise<void> {
    const ends = await this.readRanges();
    this.notes.look('partitions', ends.size);
    for (const [place, last] of this.last) {
      const end = ends.get(place) ?? 0n;
      if (last >= end) this.notes.find('LEAF_UNREAD', { place, offset: last.toString(), readTo: end.toString() });
    }
  }

  private async readRanges(): Promise<Map<string, bigint>> {
    const ends = new Map<string, bigint>();
    let after: StoredRange | undefined;
    for (;;) {
      const ranges = await this.repository.ranges(after, RANGES_AT_ONCE);
      after = ranges.at(-1);
      if (after === undefined) return ends;
      this.notes.look('ranges', ranges.length);
      for (const { topic, partition, from, to } of ranges) {
        const place = placeOf(topic, partition);
        const expected = ends.get(place) ?? 0n;
        if (from !== expected)
          this.notes.find('RANGE_BROKEN', { topic, partition, from: from.toString(), expected: expected.toString() });
        ends.set(place, to);
      }
    }
  }
}
