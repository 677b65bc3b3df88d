import { Injectable } from '@nestjs/common';
import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { type FeedEntry, feedEntry, feedPage, MAX_FEED_PAGE, NOTIFICATIONS_API } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { HubClient } from '../hub/hub-client.js';
import { EntryBuffer } from './entry-buffer.js';
import { FeedBreak } from './feed-break.js';
import { FeedWithholding } from './feed-withholding.js';

/** Longest silence of a stream; its heartbeats come more often. */
const SILENCE_MS = 45_000;
/** Comment of a stream that has nothing to say. */
const HEARTBEAT = 'heartbeat';
/** An event and its cause, each of the largest size, and what JSON adds. */
const MAX_ENTRY_CHARACTERS = 4_194_304;

/** A page as far as it can be read. */
export interface ReadPage {
  readonly entries: FeedEntry[];
  /** Number of the newest entry of the feed. */
  readonly end: number;
  /** What comes behind the entries is none. */
  readonly broken?: FeedBreak;
}

const rawPage = feedPage.extend({ entries: z.array(z.unknown()).max(MAX_FEED_PAGE), withheld: z.unknown().optional() });

/** Reads this participant's feed from the hub. Nothing of it is verified here. */
@Injectable()
export class FeedClient {
  constructor(
    private readonly hub: HubClient,
    private readonly withholding: FeedWithholding,
  ) {}

  /**
   * Entries behind a position as server-sent events, as many at a time as have come, until the stream ends.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE when there is no stream or it breaks off; FeedBreak when what comes is no feed, or one that went back
   */
  async *stream(after: number, signal: AbortSignal): AsyncGenerator<FeedEntry[]> {
    const silence = new Silence(SILENCE_MS);
    const buffer = new EntryBuffer(MAX_FEED_PAGE);
    let pumping: Promise<void> | undefined;
    try {
      const answer = await this.hub.call('notifications', NOTIFICATIONS_API.readFeed.path, {
        headers: { accept: 'text/event-stream', 'last-event-id': String(after) },
        signal: AbortSignal.any([signal, silence.signal]),
      });
      pumping = this.pump(await streamOf(answer), buffer, silence);
      for (let entries = await buffer.take(); entries !== undefined; entries = await buffer.take()) yield entries;
    } finally {
      silence.end();
      buffer.abandon();
      await pumping;
    }
  }

  /**
   * One page behind a position.
   *
   * @throws as {@link stream}
   * @param waitSeconds for an entry, where there is none
   */
  async page(after: number, signal: AbortSignal, waitSeconds = 0): Promise<ReadPage> {
    const query = new URLSearchParams({ after: String(after), wait: String(waitSeconds) });
    const answer = await this.hub.call('notifications', `${NOTIFICATIONS_API.readFeed.path}?${query}`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)]),
    });
    if (!answer.ok) throw await refusalOf(answer);
    const page = rawPage.safeParse(await answer.json().catch(() => undefined));
    if (!page.success) throw new FeedBreak('MALFORMED');
    this.withholding.heard(page.data.withheld);
    return readable(page.data);
  }

  /** Moves entries from the stream to the buffer as they come; never rejects: the buffer tells its reader how it ended. */
  private async pump(body: ReadableStream<Uint8Array>, buffer: EntryBuffer, silence: Silence): Promise<void> {
    const decoder = new TextDecoder();
    const parser = createParser({
      maxBufferSize: MAX_ENTRY_CHARACTERS,
      onEvent: ({ event, data }) => {
        this.withholding.heard(event === 'withheld' ? parseJson(data) : undefined);
        if (event === 'entry') buffer.add(parseEntry(data));
      },
      onComment: (comment) => {
        if (comment.trim() === HEARTBEAT) this.withholding.heard(undefined);
      },
      onError: () => undefined,
    });
    try {
      for await (const chunk of body) {
        silence.broken();
        parser.feed(decoder.decode(chunk, { stream: true }));
        if (!(await buffer.hasRoom())) break;
      }
      buffer.end();
    } catch (error) {
      buffer.end(error instanceof SeraiError ? error : brokenOff(error));
    }
  }
}

function readable({ entries: raw, end }: z.infer<typeof rawPage>): ReadPage {
  const entries: FeedEntry[] = [];
  for (const one of raw) {
    const entry = feedEntry.safeParse(one);
    if (!entry.success) return { entries, end: end.sequence, broken: new FeedBreak('MALFORMED') };
    entries.push(entry.data);
  }
  return { entries, end: end.sequence };
}

async function streamOf(answer: Response): Promise<ReadableStream<Uint8Array>> {
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream');
  if (answer.ok && isStream && answer.body) return answer.body;
  throw await refusalOf(answer);
}

async function refusalOf(answer: Response): Promise<SeraiError> {
  await answer.body?.cancel().catch(() => undefined);
  if (answer.status === 409) return new FeedBreak('SHORTENED');
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The feed can not be read. Try again later.', {
    detail: { status: answer.status, contentType: answer.headers.get('content-type') },
  });
}

function parseEntry(data: string): FeedEntry {
  const parsed = feedEntry.safeParse(parseJson(data));
  if (parsed.success) return parsed.data;
  throw new FeedBreak('MALFORMED');
}

function parseJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function brokenOff(cause: unknown): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The feed broke off.', { cause });
}

/** Aborts its signal when nothing was heard for too long. */
class Silence {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;

  constructor(private readonly longestMs: number) {
    this.timer = this.startTimer();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  broken(): void {
    clearTimeout(this.timer);
    this.timer = this.startTimer();
  }

  end(): void {
    clearTimeout(this.timer);
    this.controller.abort();
  }

  private startTimer(): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(), this.longestMs);
  }
}
