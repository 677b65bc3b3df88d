import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** A reader that has not taken a page after this time is given up: it resumes at its cursor. */
export const SLOW_READER_MS = 30_000;

/** One event, as it goes over the line. */
export interface ServerSentEvent {
  /** Where a reader resumes; left out where nothing has moved on. */
  readonly id?: string | number;
  readonly event: string;
  /** Written as JSON. */
  readonly data: unknown;
}

/**
 * Writes pages as server-sent events until they end or the reader is gone. Never holds more than one page for a slow reader, and that not for long.
 *
 * @param pages of entries; an empty one is a heartbeat
 * @param toEvent how an entry goes over the line
 * @param signal aborts when the connection is to end
 * @param slowReaderMs how long a reader may take nothing
 */
export async function writeEventStream<Entry>(
  response: ServerResponse,
  pages: AsyncIterable<readonly Entry[]>,
  toEvent: (entry: Entry) => ServerSentEvent,
  signal: AbortSignal,
  slowReaderMs = SLOW_READER_MS,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  response.write(': caravanserai\n\n');
  for await (const page of pages) {
    if (signal.aborted || response.destroyed) break;
    if (!response.write(format(page.map(toEvent))) && !(await drained(response, signal, slowReaderMs))) break;
  }
  if (response.destroyed) return;
  response.end();
  await taken(response, slowReaderMs);
}

/** Resolves when the whole response has been taken. A reader that has not done so after this time is given up. */
export async function taken(response: ServerResponse, patienceMs: number): Promise<void> {
  if (response.closed) return;
  try {
    await once(response, 'close', { signal: AbortSignal.timeout(patienceMs) });
  } catch {
    response.destroy();
  }
}

function format(events: readonly ServerSentEvent[]): string {
  if (events.length === 0) return ': heartbeat\n\n';
  return events
    .map(
      ({ id, event, data }) =>
        `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    )
    .join('');
}

async function drained(response: ServerResponse, signal: AbortSignal, patienceMs: number): Promise<boolean> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  try {
    await once(response, 'drain', { signal: patience });
    return true;
  } catch {
    response.destroy();
    return false;
  }
}
