import { Controller, Res } from '@nestjs/common';
import { type HttpReply, Metrics, Seats, writeEventStream } from '#libs/telemetry';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { LiveStream } from './live-stream.js';

/** The longest delay that a timer takes. */
const MAX_TIMER_MS = 2_147_483_647;
/** Windows of one officer, or instances of a national system; one that broke unnoticed may linger beside the new one. */
const SEATS = 8;

@Controller()
export class LiveController {
  private readonly seats: Seats;

  constructor(
    private readonly live: LiveStream,
    metrics: Metrics,
  ) {
    const crowdedOut = metrics.counter({
      name: 'serai_access_point_streams_crowded_out_total',
      help: 'Streams of live events that were ended because their officer opened more than are kept open at once.',
    });
    this.seats = new Seats(SEATS, crowdedOut);
  }

  @Operation('streamEvents')
  async stream(@CallOf() { officer, reach, headers }: Call<'streamEvents'>, @Res() reply: HttpReply): Promise<void> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const after = await this.live.positionAfter(headers['last-event-id']);
    // The stream ends with the token: roles and desks may have changed since.
    const remaining = Math.min(Math.max(0, officer.until.getTime() - Date.now()), MAX_TIMER_MS);
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(remaining)]);
    reply.hijack();
    this.seats.take(officer.subject, reply.raw);
    try {
      await writeEventStream(reply.raw, this.live.follow(after, reach, signal), (event) => event, signal);
    } catch {
      // The database is away: the connection is cut and the client resumes.
      reply.raw.destroy();
    }
  }
}
