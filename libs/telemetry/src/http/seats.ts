import type { ServerResponse } from 'node:http';

/**
 * How many connections each reader reads a stream over at once, at this instance. Each holds up to a page in memory and as much as the system buffers, so
 * whoever opens many and reads slowly would take the room of the others: the oldest gives way to the newest, because one that broke unnoticed may linger
 * beside the one that replaces it.
 */
export class Seats {
  private readonly taken = new Map<string, Set<ServerResponse>>();

  /**
   * @param most connections of one reader
   * @param crowdedOut counts those that had to give way
   */
  constructor(
    private readonly most: number,
    private readonly crowdedOut: { inc(): void },
  ) {}

  /** Takes a seat until the response has ended. */
  take(reader: string, response: ServerResponse): void {
    const seats = this.taken.get(reader) ?? new Set();
    this.taken.set(reader, seats);
    seats.add(response);
    response.once('close', () => {
      seats.delete(response);
      if (seats.size === 0 && this.taken.get(reader) === seats) this.taken.delete(reader);
    });
    const [oldest] = seats;
    if (seats.size <= this.most || oldest === undefined) return;
    seats.delete(oldest);
    this.crowdedOut.inc();
    oldest.destroy();
  }
}
