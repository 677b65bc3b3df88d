import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type LiveEvent, liveEvents } from '#libs/contracts';
import { isSeraiError, SeraiError } from '#libs/errors';
import type { Transport } from './transport.js';

const RECONNECT_MS = 250;
/** The access point sends a heartbeat more often than this. */
const SILENCE_MS = 45_000;

/**
 * Live events from now on, or after `lastEventId`. Connects again when the connection ends or falls silent, and resumes after the last event that
 * was handed out; ends when `signal` is aborted.
 */
export async function* streamLiveEvents(
  transport: Transport,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<LiveEvent, void, undefined> {
  let last = lastEventId;
  let wasConnected = false;
  while (!signal.aborted) {
    try {
      const response = await transport.open('streamEvents', { signal, headers: last ? { 'last-event-id': last } : {} });
      wasConnected = true;
      for await (const event of eventsOf(response, signal)) {
        last = event.id;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      // Who was connected once waits for the access point as long as it takes.
      if (!(wasConnected && isSeraiError(error, 'ERR_UPSTREAM_UNAVAILABLE'))) throw error;
    }
    await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function* eventsOf(response: Response, signal: AbortSignal): AsyncGenerator<LiveEvent, void, undefined> {
  const reader = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(breakAfterSilence(signal))
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The stream of live events broke off.', { cause });
      });
      if (done) return;
      const event = parseEvent(value.id, value.event, value.data);
      if (event) yield event;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A connection whose other end vanished without a word brings nothing and never ends: heartbeats tell the difference. */
function breakAfterSilence(signal: AbortSignal): TransformStream<string, string> {
  let silence: NodeJS.Timeout;
  return new TransformStream({
    start(controller) {
      silence = setTimeout(() => controller.error(new Error('silence')), SILENCE_MS);
      signal.addEventListener('abort', () => clearTimeout(silence), { once: true });
    },
    transform(chunk, controller) {
      silence.refresh();
      controller.enqueue(chunk);
    },
    flush() {
      clearTimeout(silence);
    },
  });
}

/** Kinds of event that this version does not know are skipped. */
function parseEvent(id = '', event = '', data = ''): LiveEvent | undefined {
  if (event === 'leg.changed') return { id, event, data: liveEvents[event].parse(JSON.parse(data)) };
  if (event === 'leg.escalated') return { id, event, data: liveEvents[event].parse(JSON.parse(data)) };
  if (event === 'envelope.changed') return { id, event, data: liveEvents[event].parse(JSON.parse(data)) };
  if (event === 'attachment.changed') return { id, event, data: liveEvents[event].parse(JSON.parse(data)) };
  if (event === 'log.changed') return { id, event, data: liveEvents[event].parse(JSON.parse(data)) };
  if (event === 'approval.changed') return { id, event, data: liveEvents[event].parse(JSON.parse(data)) };
  return undefined;
}
