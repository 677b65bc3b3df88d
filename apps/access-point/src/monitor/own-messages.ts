import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { ProofBook } from '../receipt/proof-book.js';
import { LogAlarms } from './log-alarms.js';
import { findSignedHeads } from './monitor.repository.js';
import { MONITOR_SETTINGS, type MonitorSettings } from './monitor.settings.js';
import { findUnloggedMessages, markLogged, type OwnMessage } from './own-message.repository.js';

const EVERY_MS = 60_000;
const AT_ONCE = 256;
const LONGEST_MS = 60_000;

/**
 * Finds every own message that the hub has acknowledged in the log, in the order of signing. One that is not proven to be there in time was dropped behind the
 * receipt.
 */
@Injectable()
export class OwnMessages implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly periodic: PeriodicWork;

  constructor(
    private readonly dataSource: DataSource,
    private readonly book: ProofBook,
    private readonly alarms: LogAlarms,
    @Inject(MONITOR_SETTINGS) private readonly settings: MonitorSettings,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'own messages could not be looked for in the log, it will be tried again';
    this.periodic = new PeriodicWork({ everyMs: EVERY_MS, work: (stopping) => this.check(stopping), failure, logger });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.periodic.stop();
  }

  /**
   * Looks for the messages that are due, up to the first that is not there.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, ERR_LOG_TILE: then nothing is concluded
   */
  async check(stopping: AbortSignal): Promise<void> {
    const { manager } = this.dataSource;
    const before = Date.now() - this.settings.staleAfterMs;
    while (!stopping.aborted) {
      const due = dueOf(await findUnloggedMessages(manager, AT_ONCE), before);
      if (due.length === 0) return;
      const missing = await this.firstMissing(due, AbortSignal.any([stopping, AbortSignal.timeout(LONGEST_MS)]));
      const found = missing === undefined ? due : due.slice(0, due.indexOf(missing));
      if (found.length > 0) await markLogged(manager, found.at(-1)!.producerSequence);
      if (missing !== undefined) return this.raise(missing);
    }
  }

  private async firstMissing(messages: readonly OwnMessage[], signal: AbortSignal): Promise<OwnMessage | undefined> {
    const received = messages.filter(isReceived);
    const envelopes = received.map(({ envelopeId: id, sha256 }) => ({ id, sha256 }));
    const { proofs } = await this.book.prove(envelopes, signal);
    return received.find(({ envelopeId }) => !proofs.has(envelopeId));
  }

  private async raise({ envelopeId, receivedAt }: OwnMessage): Promise<void> {
    const heads = await findSignedHeads(this.dataSource.manager);
    if (heads.length === 0) return;
    const origin = heads.map((head) => head.origin).join(' ');
    const finding = `The hub acknowledged the own message ${envelopeId} at ${receivedAt?.toISOString()}, and it is not in the log.`;
    await inTransaction(this.dataSource, (tx) => this.alarms.raise(tx, { kind: 'MESSAGE_MISSING', origin, finding }));
  }
}

const isReceived = ({ receivedAt }: OwnMessage): boolean => receivedAt !== null;

/** Up to the first that the gateway has not answered, or received too short ago. */
function dueOf(messages: readonly OwnMessage[], before: number): readonly OwnMessage[] {
  const end = messages.findIndex(
    ({ receivedAt, isAnswered }) => !isAnswered || (receivedAt !== null && receivedAt.getTime() > before),
  );
  return end === -1 ? messages : messages.slice(0, end);
}
