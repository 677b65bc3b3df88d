import type { FeedEntry } from '#libs/contracts';

/** Entries between the network and the reader: the reader takes all that have come, the network waits while there are too many. */
export class EntryBuffer {
  private entries: FeedEntry[] = [];
  private ended = false;
  private failure: unknown;
  private abandoned = false;
  private changed = Promise.withResolvers<void>();

  constructor(private readonly most: number) {}

  add(entry: FeedEntry): void {
    this.entries.push(entry);
    this.tell();
  }

  /** No more entries will come; with a failure, the reader gets it behind the last entry. */
  end(failure?: unknown): void {
    this.ended = true;
    this.failure = failure;
    this.tell();
  }

  /** The reader takes no more. */
  abandon(): void {
    this.abandoned = true;
    this.tell();
  }

  /** Resolves when there is room for more: to false when the reader takes no more. */
  async hasRoom(): Promise<boolean> {
    while (!this.abandoned && this.entries.length >= this.most) await this.changed.promise;
    return !this.abandoned;
  }

  /** Everything that has come, waiting for at least one entry; undefined at the end. */
  async take(): Promise<FeedEntry[] | undefined> {
    while (this.entries.length === 0) {
      if (this.failure !== undefined) throw this.failure;
      if (this.ended) return undefined;
      await this.changed.promise;
    }
    const taken = this.entries;
    this.entries = [];
    this.tell();
    return taken;
  }

  private tell(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers<void>();
  }
}
