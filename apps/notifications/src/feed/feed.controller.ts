import { Controller, Get, Headers, Query, Res, UseGuards } from '@nestjs/common';
import { MAX_FEED_PAGE, NOTIFICATIONS_API } from '#libs/contracts';
import type { Caller } from '#libs/envelope';
import { AuthenticatedCaller, CallerGuard } from '#libs/hub';
import {
  type HttpReply,
  Metrics,
  parseInput,
  Seats,
  type ServerSentEvent,
  SLOW_READER_MS,
  taken,
  writeEventStream,
} from '#libs/telemetry';
import { type FeedNews, FeedReader } from './feed-reader.js';

const { query: feedQuery, headers: feedHeaders } = NOTIFICATIONS_API.readFeed;

/** An access point reads with one connection for each of its instances; one that broke unnoticed may linger beside the new one. */
const SEATS = 8;

/** A participant reads its own feed; there is no way to name another's. */
@Controller()
@UseGuards(CallerGuard)
export class FeedController {
  private readonly seats: Seats;

  constructor(
    private readonly reader: FeedReader,
    metrics: Metrics,
  ) {
    const crowdedOut = metrics.counter({
      name: 'serai_notifications_feed_crowded_out_total',
      help: 'Connections that were ended because their participant opened more than it may read its feed over at once.',
    });
    this.seats = new Seats(SEATS, crowdedOut);
  }

  @Get('v1/feed')
  async read(
    @AuthenticatedCaller() caller: Caller,
    @Query() query: unknown,
    @Headers() headers: Record<string, string | undefined>,
    @Res() reply: HttpReply,
  ): Promise<void> {
    const { after, limit, wait } = parseInput(feedQuery, query);
    const { 'last-event-id': lastEventId } = parseInput(feedHeaders, headers);
    const position = lastEventId ?? after ?? 0;
    const closed = closedBy(reply);
    this.seats.take(caller.participant, reply.raw);
    if (headers['accept']?.includes('text/event-stream')) {
      await this.reader.assertNotAhead(caller.participant, position);
      // The stream lasts as long as the token: a key that was revoked meanwhile gets no new one.
      const signal = AbortSignal.any([
        closed,
        AbortSignal.timeout(Math.max(0, caller.expiresAt.getTime() - Date.now())),
      ]);
      reply.hijack();
      const pages = this.reader.follow(caller.participant, position, signal);
      await writeEventStream(reply.raw, pages, toEvent, signal);
      return;
    }
    const page = await this.reader.page(
      caller.participant,
      position,
      limit ?? MAX_FEED_PAGE,
      (wait ?? 0) * 1_000,
      closed,
    );
    await Promise.all([reply.header('cache-control', 'no-store').send(page), taken(reply.raw, SLOW_READER_MS)]);
  }
}

const toEvent = (news: FeedNews): ServerSentEvent =>
  'reason' in news ? { event: 'withheld', data: news } : { id: news.sequence, event: 'entry', data: news };

function closedBy(reply: HttpReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
