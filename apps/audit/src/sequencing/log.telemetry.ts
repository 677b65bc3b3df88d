import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import type { NewFinding } from '../finding/new-finding.js';

/** What operators see of the log: how large it is, whether this process makes it grow, and what it finds wrong. */
@Injectable()
export class LogTelemetry {
  private readonly size;
  private readonly leading;
  private readonly findings;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.size = metrics.gauge({
      name: 'serai_audit_log_size',
      help: 'Leaves of the log, as this process last saw it.',
    });
    this.leading = metrics.gauge({
      name: 'serai_audit_leading',
      help: '1 while this process sequences the log, 0 while it stands by.',
    });
    this.findings = metrics.counter({
      name: 'serai_audit_findings_total',
      help: 'What the log found wrong while it grew, by kind. Each is an alarm.',
      labelNames: ['kind'],
    });
  }

  leads(size: number): void {
    this.leading.set(1);
    this.size.set(size);
  }

  follows(): void {
    this.leading.set(0);
  }

  appended(size: number): void {
    this.size.set(size);
  }

  found(findings: readonly NewFinding[]): void {
    for (const { kind, record, producer, number } of findings) {
      this.findings.inc({ kind });
      this.logger.error({ kind, ...record, producer, number }, 'the log has found something wrong');
    }
  }
}
