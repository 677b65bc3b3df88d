import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Controller, Res } from '@nestjs/common';
import type { LiveEvent } from '#libs/contracts';
import type { HttpReply } from '#libs/telemetry';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { LiveStream } from './live-stream.js';

/** An officer's connection that takes nothing for this long is given up: it resumes at its last event. */
const SLOW_READER_MS = 30_000;

/** The longest delay that a timer takes. */
const MAX_TIMER_MS = 2_147_483_647;

@Controller()
export class LiveController {
  constructor(private readonly live: LiveStream) {}

  @Operation('streamEvents')
  async stream(@CallOf() { officer, reach, headers }: Call<'streamEvents'>, @Res() reply: HttpReply): Promise<void> {
    const after = await this.live.positionAfter(headers['last-event-id']);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    // The stream ends with the token: roles and desks may have changed since.
    const remaining = Math.min(Math.max(0, officer.until.getTime() - Date.now()), MAX_TIMER_MS);
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(remaining)]);
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    reply.raw.write(': serai\n\n');
    await writeAll(reply.raw, this.live.follow(after, reach, signal), signal);
  }
}

async function writeAll(
  response: ServerResponse,
  pages: AsyncIterable<LiveEvent[]>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const page of pages) {
      if (signal.aborted) break;
      if (response.write(format(page))) continue;
      await once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(SLOW_READER_MS)]) });
    }
    response.end();
  } catch {
    // The officer is gone, or the database is: the connection is cut and the client resumes.
    response.destroy();
  }
}

function format(page: readonly LiveEvent[]): string {
  if (page.length === 0) return ': heartbeat\n\n';
  return page.map(({ id, event, data }) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('');
}
