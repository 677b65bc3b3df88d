import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Metrics } from '#libs/telemetry';

/** An access point reads with one connection for each of its instances; one that broke unnoticed may linger beside the new one. */
const SEATS = 8;

/**
 * How many connections a participant reads its feed over at once, at this instance. Each holds up to a page in memory and as much as the system buffers,
 * so whoever opens many and reads slowly would take the room of the others: the oldest gives way to the newest.
 */
@Injectable()
export class FeedSeats {
  private readonly taken = new Map<string, Set<ServerResponse>>();
  private readonly crowdedOut;

  constructor(metrics: Metrics) {
    this.crowdedOut = metrics.counter({
      name: 'serai_notifications_feed_crowded_out_total',
      help: 'Connections that were ended because their participant opened more than it may read its feed over at once.',
    });
  }

  /** Takes a seat until the response has ended. */
  take(participant: string, response: ServerResponse): void {
    const seats = this.taken.get(participant) ?? new Set();
    this.taken.set(participant, seats);
    seats.add(response);
    response.once('close', () => {
      seats.delete(response);
      if (seats.size === 0 && this.taken.get(participant) === seats) this.taken.delete(participant);
    });
    const [oldest] = seats;
    if (seats.size <= SEATS || oldest === undefined) return;
    seats.delete(oldest);
    this.crowdedOut.inc();
    oldest.destroy();
  }
}
