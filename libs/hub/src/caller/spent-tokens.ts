import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Caller } from '#libs/envelope';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { SpentTokenRepository } from './spent-token.repository.js';
import { ticketOf, tokenReplayed } from './token-ticket.js';

const EVERY_MS = 60_000;

/**
 * Lets each caller token open one call. What is remembered is in the service's database, so that it holds for all instances and over restarts; it is
 * bounded by what registered callers may call in six minutes, since only a token with a good signature comes this far.
 */
@Injectable()
export class SpentTokens implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly periodic: PeriodicWork;

  constructor(
    private readonly tokens: SpentTokenRepository,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'spent tokens can not be forgotten now, it will be tried again';
    this.periodic = new PeriodicWork({ everyMs: EVERY_MS, work: () => this.tidy(), failure, logger });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.periodic.stop();
  }

  /** @throws SeraiError `ERR_CALLER_TOKEN_REPLAYED`, `ERR_DATABASE_UNAVAILABLE` */
  async spend(caller: Caller): Promise<void> {
    if (!(await this.tokens.spend(ticketOf(caller)))) throw tokenReplayed(caller);
  }

  /** Forgets what ended long ago. */
  async tidy(now = new Date()): Promise<void> {
    await this.tokens.forgetUntil(now);
  }
}
