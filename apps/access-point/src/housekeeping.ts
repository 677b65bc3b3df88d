import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger } from '#libs/telemetry';
import { ApprovalBook } from './approval/approval-book.js';
import { Drafts } from './attachment/drafts.js';
import { forgetKeysBefore } from './idempotency/idempotency.repository.js';
import { forgetLiveEventsBefore } from './live/live.repository.js';

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A live stream can be resumed, and an act repeated, for this long. */
const LIVE_EVENTS_DAYS = 3;
const IDEMPOTENCY_KEYS_DAYS = 30;

/** Forgets what has only a short use. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly drafts: Drafts,
    private readonly approvals: ApprovalBook,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tidy(), EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async tidy(now = Date.now()): Promise<void> {
    try {
      const { manager } = this.dataSource;
      await forgetLiveEventsBefore(manager, new Date(now - LIVE_EVENTS_DAYS * DAY_MS));
      await inTransaction(this.dataSource, (tx) => this.approvals.expire(tx));
      await this.drafts.tidy();
      await forgetKeysBefore(manager, new Date(now - IDEMPOTENCY_KEYS_DAYS * DAY_MS));
    } catch (error) {
      this.logger.warn({ err: error }, 'housekeeping failed, it will be tried again');
    }
  }
}
