import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { KafkaBatchStrategy } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Clock } from '../clock.js';
import { EscalationService } from './escalation.service.js';

/** Ladders are set in minutes. */
const LOOK_EVERY_MS = 1_000;

/** Has due steps taken. What is due is in the table, so nothing is lost with a process; several instances may run. */
@Injectable()
export class EscalationScheduler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly consumer: KafkaBatchStrategy,
    private readonly escalations: EscalationService,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running ??= this.run();
  }

  /** Finishes the transaction under way. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve());
    // A reading that waits since an outage may have ended an escalation in time: no step is taken before it is handled.
    await Promise.race([this.consumer.caughtUp(), stopped]);
    while (!signal.aborted) {
      await this.escalations
        .fireDue(this.clock.now())
        .catch((error: unknown) => this.logger.warn({ err: error }, 'escalations will be looked at again'));
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
