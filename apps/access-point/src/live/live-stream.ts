import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type LiveEvent, liveEvents } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { CommitListener, linger } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { WakeSignal } from '../hub/wake-signal.js';
import { type Reach, reaches } from '../officer/permission.js';
import {
  findLiveEventsWithin,
  findNextLiveEvents,
  forgottenPosition,
  LIVE_CHANNEL,
  presentPosition,
} from './live.repository.js';
import type { LiveEventRecord } from './live-event.js';
import { LiveTail } from './live-tail.js';

const EVENT_ID = /^\d{1,15}$/;
const PAGE = 200;
/** A notification may be lost with its connection. */
const POLL_MS = 1_000;
const HEARTBEAT_MS = 15_000;

/** Follows the live events for any number of officers: commits bring the events to the process, and the process to each of them. */
@Injectable()
export class LiveStream implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly followers = new Set<WakeSignal>();
  private readonly stopping = new AbortController();
  private readonly listener: CommitListener;
  private tail: LiveTail | undefined;
  private mustLook = false;
  private isLooking = false;
  private poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const wake = (payload: string): void => this.hear(payload);
    this.listener = new CommitListener({ dataSource, channel: LIVE_CHANNEL, wake, logger });
  }

  onApplicationBootstrap(): void {
    this.listener.start();
    this.poll = setInterval(() => {
      if (this.followers.size > 0) void this.look();
    }, POLL_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.poll);
    this.stopping.abort();
    this.wakeAll();
    await this.listener.stop();
  }

  /**
   * The position after `lastEventId`, or the present one.
   *
   * @throws SeraiError ERR_CURSOR_INVALID, also when events behind it have been forgotten: nobody is to take the rest for all of it
   */
  async positionAfter(lastEventId: string | undefined): Promise<number> {
    const { manager } = this.dataSource;
    const end = await presentPosition(manager);
    if (lastEventId === undefined) return end;
    const position = EVENT_ID.test(lastEventId) ? Number(lastEventId) : Infinity;
    if (position > end) {
      throw new SeraiError('ERR_CURSOR_INVALID', 'Last-Event-ID is not one that this stream handed out.');
    }
    if (position < (await forgottenPosition(manager, end))) {
      throw new SeraiError(
        'ERR_CURSOR_INVALID',
        'What happened since Last-Event-ID is no longer kept. Read the legs anew, and follow without it.',
      );
    }
    return position;
  }

  /** Pages of events from a position on, for ever; an empty page is a heartbeat. */
  async *follow(after: number, reach: Reach, signal: AbortSignal): AsyncGenerator<LiveEvent[]> {
    const follower = new WakeSignal();
    this.followers.add(follower);
    const ended = AbortSignal.any([signal, this.stopping.signal]);
    ended.addEventListener('abort', follower.wake);
    let position = after;
    let heard = Date.now();
    try {
      while (!ended.aborted) {
        const { found, reached } = await this.next(position, reach);
        position = reached;
        if (found.length > 0 || Date.now() - heard >= HEARTBEAT_MS) {
          heard = Date.now();
          yield found.map(toLiveEvent);
        }
        const shownAt = performance.now();
        if (position >= (this.tail?.end ?? 0)) await follower.wait(POLL_MS);
        await linger(found.length, shownAt);
      }
    } finally {
      this.followers.delete(follower);
    }
  }

  /** From memory; from the database for who comes back after a while. */
  private async next(after: number, reach: Reach): Promise<{ found: readonly LiveEventRecord[]; reached: number }> {
    const end = Math.max(after, this.tail?.end ?? 0);
    const remembered = this.tail?.after(after);
    if (remembered) {
      // No more than a page is held for who does not take it.
      const page = remembered.slice(0, PAGE);
      return { found: page.filter((event) => isWithin(reach, event)), reached: page.at(-1)?.position ?? end };
    }
    const found = await findLiveEventsWithin(this.dataSource.manager, after, reach, PAGE);
    const last = found.at(-1)?.position ?? after;
    // A page that is not full holds everything that was there when it was read.
    return { found, reached: found.length < PAGE ? Math.max(last, end) : last };
  }

  private hear(payload: string): void {
    if (payload !== '' && this.tail?.hear(JSON.parse(payload) as LiveEventRecord[])) this.wakeAll();
    else void this.look();
  }

  /** Reads what was not heard. One look at a time; what happens meanwhile makes one more look. */
  private async look(): Promise<void> {
    this.mustLook = true;
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      while (this.mustLook && !this.stopping.signal.aborted) {
        this.mustLook = false;
        const { manager } = this.dataSource;
        this.tail ??= new LiveTail(await presentPosition(manager));
        const found = await findNextLiveEvents(manager, this.tail.end, PAGE);
        // What was forgotten meanwhile leaves a gap: followers from before it ask the database.
        if (!this.tail.hear(found)) this.tail = new LiveTail(found[0]!.position - 1, found);
        this.mustLook ||= found.length === PAGE;
        if (found.length > 0) this.wakeAll();
      }
    } catch (error) {
      this.logger.debug({ err: error }, 'cannot look for live events, it will be tried again');
    } finally {
      this.isLooking = false;
    }
  }

  private wakeAll(): void {
    for (const follower of this.followers) follower.wake();
  }
}

function isWithin(reach: Reach, { ownDesk, assignedDesks }: LiveEventRecord): boolean {
  return reaches(reach, { ownDesk: ownDesk ?? '', assignedDesks });
}

function toLiveEvent({ position, kind, detail }: LiveEventRecord): LiveEvent {
  const id = String(position);
  switch (kind) {
    case 'leg.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
    case 'leg.escalated':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
    case 'envelope.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
    case 'approval.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
    case 'log.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
    case 'attachment.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
  }
}
