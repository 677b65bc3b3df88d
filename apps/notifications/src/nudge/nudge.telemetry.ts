import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import type { Sent } from './channels.js';
import type { ClaimedNudge } from './target.repository.js';

/** What operators see of nudges: no address, no desk, no participant. */
@Injectable()
export class NudgeTelemetry {
  private readonly attempts;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.attempts = metrics.counter({
      name: 'serai_notifications_nudges_total',
      help: 'Attempts to nudge a contact, by the way and what became of it.',
      labelNames: ['kind', 'outcome'],
    });
  }

  attempted({ id, kind, failures }: ClaimedNudge, sent: Sent): void {
    this.attempts.inc({ kind, outcome: sent.ok ? 'sent' : sent.blame });
    if (sent.ok) return;
    this.logger.warn({ nudge: id, kind, failures: failures + 1, reason: sent.reason }, 'a nudge was not delivered');
  }
}
