import { linger } from './linger.js';

interface Traveller<T> {
  readonly items: readonly T[];
  readonly arrived: PromiseWithResolvers<void>;
}

/** As many items travel together at most, unless one traveller alone brings more. */
const MOST_ITEMS = 1_000;

/**
 * Lets what several callers bring travel together: everything that came while the last journey was under way goes on the next one. A journey that
 * fails fails for all who were on it.
 */
export class Company<T> {
  private waiting: Traveller<T>[] = [];
  private isUnderWay = false;
  private lastCount = 0;
  private lastAt = 0;

  constructor(private readonly travel: (items: readonly T[]) => Promise<void>) {}

  async join(items: readonly T[]): Promise<void> {
    const traveller: Traveller<T> = { items, arrived: Promise.withResolvers<void>() };
    this.waiting.push(traveller);
    void this.depart();
    return traveller.arrived.promise;
  }

  private async depart(): Promise<void> {
    if (this.isUnderWay) return;
    this.isUnderWay = true;
    // Callers of the same turn of the event loop go together already.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      await linger(this.lastCount, this.lastAt);
      const together = this.board();
      this.lastCount = together.length;
      try {
        await this.travel(together.flatMap(({ items }) => items));
        for (const { arrived } of together) arrived.resolve();
      } catch (error) {
        for (const { arrived } of together) arrived.reject(error);
      }
      this.lastAt = performance.now();
    }
    this.isUnderWay = false;
  }

  private board(): Traveller<T>[] {
    let items = 0;
    const tooMany = this.waiting.findIndex((traveller, index) => {
      items += traveller.items.length;
      return index > 0 && items > MOST_ITEMS;
    });
    return this.waiting.splice(0, tooMany === -1 ? this.waiting.length : tooMany);
  }
}
