import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { contactDisabled, NUDGES_SUBJECT } from '#libs/contracts';
import { inTransaction } from '#libs/persistence';
import { Clock } from '../clock.js';
import { NoticePublisher, noticeOf } from '../publish/notice.publisher.js';
import { MOST_FAILURES, pauseAfter } from './backoff.js';
import { Channels, type Sent } from './channels.js';
import { NudgeTelemetry } from './nudge.telemetry.js';
import { type ClaimedNudge, TargetRepository } from './target.repository.js';

type Failure = Extract<Sent, { ok: false }>;

/** Sends claimed nudges and keeps what became of them. */
@Injectable()
export class NudgeService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly targets: TargetRepository,
    private readonly channels: Channels,
    private readonly publisher: NoticePublisher,
    private readonly clock: Clock,
    private readonly telemetry: NudgeTelemetry,
  ) {}

  /**
   * Sends a claimed nudge and keeps what became of it. When this process dies in between, the lease runs out and the same nudge goes out again, under the same id.
   */
  async send(nudge: ClaimedNudge): Promise<void> {
    const { id, urgent, others } = nudge;
    const sent = await this.channels.send(nudge, { id, urgent, others });
    const now = this.clock.now();
    this.telemetry.attempted(nudge, sent);
    if (sent.ok) {
      await inTransaction(this.dataSource, (tx) => this.targets.sent(tx, nudge, now));
      return;
    }
    await this.failed(nudge, sent, now);
  }

  private async failed(nudge: ClaimedNudge, { blame, gone, reason }: Failure, now: Date): Promise<void> {
    const failures = nudge.failures + 1;
    if (blame === 'target' && (gone || failures >= MOST_FAILURES)) return this.giveUp(nudge, reason, now);
    // Failures of the way say nothing about the contact: they lengthen the pause, and never count up to giving it up.
    const counted = blame === 'target' ? failures : Math.min(failures, MOST_FAILURES - 2);
    const at = new Date(now.getTime() + pauseAfter(failures, blame));
    await inTransaction(this.dataSource, (tx) => this.targets.retry(tx, nudge, counted, at));
  }

  private async giveUp(nudge: ClaimedNudge, reason: string, now: Date): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      if (!(await this.targets.disable(tx, nudge, now))) return;
      const header = {
        audience: [nudge.participant],
        desk: nudge.desk,
        contact: nudge.contact,
        disabledAt: now.toISOString(),
        reason: `${reason} It is nudged no more: correct the contact and send the settings again.`,
      };
      await this.publisher.publish(tx, [noticeOf(contactDisabled, NUDGES_SUBJECT, header)]);
    });
  }
}
