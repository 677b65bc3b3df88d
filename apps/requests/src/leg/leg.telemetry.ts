import { Inject, Injectable } from '@nestjs/common';
import { ERROR_TABLE } from '#libs/errors';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import type { Instant } from './leg.clock.js';
import type { LegMessage, Refusal } from './leg.state.js';

const LATENESS_BUCKETS = [0.05, 0.1, 0.5, 1, 5, 30, 60, 600, 3_600];

/** What operators see of decisions and timers: no content, no participants, no desks. A transaction that is run again counts again. */
@Injectable()
export class LegTelemetry {
  private readonly acceptances;
  private readonly refusals;
  private readonly lateness;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.acceptances = metrics.counter({
      name: 'serai_requests_accepted_total',
      help: 'Submissions that the rules accepted, by message type.',
      labelNames: ['type'],
    });
    this.refusals = metrics.counter({
      name: 'serai_requests_refused_total',
      help: 'Submissions that the rules refused, by code.',
      labelNames: ['code'],
    });
    const lateness = {
      name: 'serai_requests_timer_lateness_seconds',
      help: 'How long after its time a warning, an overrun or a lapse was signed.',
      labelNames: ['kind'],
    };
    this.lateness = metrics.histogram(lateness, LATENESS_BUCKETS);
  }

  accepted({ event }: LegMessage): void {
    this.acceptances.inc({ type: event.type });
  }

  refused({ event }: LegMessage, { code }: Refusal): void {
    this.refusals.inc({ code });
    this.logger[ERROR_TABLE[code].logLevel]({ code, type: event.type, envelope: event.id }, 'refused a submission');
  }

  passed({ kind, at }: Instant, now: Date): void {
    this.lateness.observe({ kind }, Math.max(0, now.getTime() - at.getTime()) / 1_000);
  }
}
