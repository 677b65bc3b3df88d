import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import type { NewBatch } from './new-batch.js';

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

  /** @param reused envelopes that came with the id of another */
  appended({ findings }: NewBatch, size: number, reused: number): void {
    this.size.set(size);
    if (reused > 0) {
      this.findings.inc({ kind: 'ID_REUSED' }, reused);
      this.logger.error({ kind: 'ID_REUSED', count: reused }, 'the log has found something wrong');
    }
    for (const { kind, topic, partition, offset } of findings) {
      this.findings.inc({ kind });
      this.logger.error({ kind, topic, partition, offset: offset.toString() }, 'the log has found something wrong');
    }
  }
}
