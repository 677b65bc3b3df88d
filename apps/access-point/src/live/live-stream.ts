import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type LiveEvent, liveEvents } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { CommitListener, linger } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { WakeSignal } from '../hub/wake-signal.js';
import type { Reach } from '../officer/permission.js';
import {
  type FoundLiveEvent,
  findLiveEvents,
  LIVE_CHANNEL,
  type LivePosition,
  presentPosition,
} from './live.repository.js';

const EVENT_ID = /^(\d{1,19})-(\d{1,19})$/;
const PAGE = 200;
/** A wake may be missed with a lost connection, or come while an older transaction still holds events back. */
const POLL_MS = 1_000;
const HEARTBEAT_MS = 15_000;

/** Follows the live events for any number of officers. */
@Injectable()
export class LiveStream implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly followers = new Set<WakeSignal>();
  private readonly stopping = new AbortController();
  private readonly listener: CommitListener;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(LOGGER) logger: Logger,
  ) {
    const wake = (): void => this.wakeAll();
    this.listener = new CommitListener({ dataSource, channel: LIVE_CHANNEL, wake, logger });
  }

  onApplicationBootstrap(): void {
    this.listener.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.wakeAll();
    await this.listener.stop();
  }

  /** The position after `lastEventId`, or the present one. */
  async positionAfter(lastEventId: string | undefined): Promise<LivePosition> {
    if (lastEventId === undefined) return presentPosition(this.dataSource.manager);
    const [, transaction, position] = EVENT_ID.exec(lastEventId) ?? [];
    if (transaction === undefined || position === undefined) {
      throw new SeraiError('ERR_CURSOR_INVALID', 'Last-Event-ID is not one that this stream handed out.');
    }
    return { transaction, position };
  }

  /** Pages of events from a position on, for ever; an empty page is a heartbeat. */
  async *follow(after: LivePosition, reach: Reach, signal: AbortSignal): AsyncGenerator<LiveEvent[]> {
    const follower = new WakeSignal();
    this.followers.add(follower);
    const ended = AbortSignal.any([signal, this.stopping.signal]);
    ended.addEventListener('abort', follower.wake);
    let position = after;
    let heard = Date.now();
    try {
      while (!ended.aborted) {
        const found = await findLiveEvents(this.dataSource.manager, position, reach, PAGE);
        position = found.at(-1) ?? position;
        if (found.length > 0 || Date.now() - heard >= HEARTBEAT_MS) {
          heard = Date.now();
          yield found.map(toLiveEvent);
        }
        if (found.length < PAGE) await follower.wait(POLL_MS);
        await linger(found.length);
      }
    } finally {
      this.followers.delete(follower);
    }
  }

  private wakeAll(): void {
    for (const follower of this.followers) follower.wake();
  }
}

function toLiveEvent({ transaction, position, kind, detail }: FoundLiveEvent): LiveEvent {
  const id = `${transaction}-${position}`;
  switch (kind) {
    case 'leg.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
    case 'envelope.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
    case 'approval.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
    case 'attachment.changed':
      return { id, event: kind, data: liveEvents[kind].parse(detail) };
  }
}
