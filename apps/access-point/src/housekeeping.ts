import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
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
  private readonly periodic: PeriodicWork;

  constructor(
    private readonly dataSource: DataSource,
    private readonly drafts: Drafts,
    private readonly approvals: ApprovalBook,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'housekeeping failed, it will be tried again';
    this.periodic = new PeriodicWork({ everyMs: EVERY_MS, work: () => this.tidy(), failure, logger });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.periodic.stop();
  }

  async tidy(): Promise<void> {
    const { manager } = this.dataSource;
    const now = Date.now();
    await forgetLiveEventsBefore(manager, new Date(now - LIVE_EVENTS_DAYS * DAY_MS));
    await inTransaction(this.dataSource, (tx) => this.approvals.expire(tx));
    await this.drafts.tidy();
    await forgetKeysBefore(manager, new Date(now - IDEMPOTENCY_KEYS_DAYS * DAY_MS));
  }
}
