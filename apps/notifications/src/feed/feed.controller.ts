import { Controller, Get, Headers, Query, Res, UseGuards } from '@nestjs/common';
import { MAX_FEED_PAGE, NOTIFICATIONS_API } from '#libs/contracts';
import type { Caller } from '#libs/envelope';
import { AuthenticatedCaller, CallerGuard } from '#libs/hub';
import { type HttpReply, parseInput } from '#libs/telemetry';
import { SLOW_READER_MS, taken, writeEventStream } from './event-stream.js';
import { FeedReader } from './feed-reader.js';
import { FeedSeats } from './feed-seats.js';

const { query: feedQuery, headers: feedHeaders } = NOTIFICATIONS_API.readFeed;

/** A participant reads its own feed; there is no way to name another's. */
@Controller()
@UseGuards(CallerGuard)
export class FeedController {
  constructor(
    private readonly reader: FeedReader,
    private readonly seats: FeedSeats,
  ) {}

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
      await writeEventStream(reply.raw, this.reader.follow(caller.participant, position, signal), signal);
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

function closedBy(reply: HttpReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
