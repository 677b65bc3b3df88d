import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { LOG_SUBJECT, TOPICS } from '#libs/contracts';
import { frameEvent } from '#libs/envelope';
import { HubDirectory, HubIdentity, RECORD_PRODUCER } from '#libs/hub';
import type { ReceivedRecord, RecordProducer } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import type { Leadership, LeaderWork } from '../sequencing/leader-work.js';
import type { EpochEnd } from './epoch.repository.js';
import { epochStatementOf, signClosing } from './epoch-statements.js';

const AGAIN_AFTER_MS = 1_000;

/** Ends the log when the settings name the one that goes on, and knows the record that does. */
@Injectable()
export class EpochCloser implements LeaderWork {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
    @Inject(AUDIT_CONFIG) private readonly config: AuditConfig,
    @Inject(RECORD_PRODUCER) private readonly producer: RecordProducer,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Waits for the log policy to name the next log: before that, nobody would witness it. */
  async lead({ signal, isEnded }: Leadership): Promise<void> {
    const { next } = this.config;
    if (next === undefined || isEnded) return;
    if (!this.isNamed(next))
      this.logger.warn({ next }, 'the log is closed as soon as the log policy names the next one');
    while (!signal.aborted && !this.isNamed(next)) {
      await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) await this.close(next);
  }

  /** What a record says when it is the closing of this log, signed by audit. */
  async closingIn(record: ReceivedRecord): Promise<Omit<EpochEnd, 'leaf'> | undefined> {
    const statement = await epochStatementOf(record, this.directory.current);
    if (statement?.kind !== 'closed' || statement.origin !== this.config.origin) return undefined;
    return { next: statement.next, closing: statement.envelope };
  }

  private isNamed(next: string): boolean {
    const logs = this.directory.current.logPolicyAt(new Date())?.policy.logs ?? [];
    return logs.some(({ key }) => key.name === next);
  }

  private async close(next: string): Promise<void> {
    const closing = await signClosing(this.identity, { origin: this.config.origin, next });
    await this.producer.send({ topic: TOPICS.auditEpochs.name, key: LOG_SUBJECT, value: frameEvent(closing) });
    this.logger.warn({ next }, 'the log is being closed');
  }
}
