import { hash } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Caller } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { SpentTokenRepository } from './spent-token.repository.js';

const EVERY_MS = 60_000;

/** How far the clocks of two instances may be apart: a token that is forgotten here must have ended there too. */
const CLOCK_MARGIN_MS = 300_000;

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
  async spend({ participant, jti, expiresAt }: Caller): Promise<void> {
    const token = hash('sha256', `${participant}\n${jti}`, 'buffer');
    if (await this.tokens.spend(token, new Date(expiresAt.getTime() + CLOCK_MARGIN_MS))) return;
    throw new SeraiError(
      'ERR_CALLER_TOKEN_REPLAYED',
      'This token was used before. Sign a fresh one for every call; if you do, somebody reads yours.',
      { detail: { participant, jti } },
    );
  }

  /** Forgets what ended long ago. */
  async tidy(now = new Date()): Promise<void> {
    await this.tokens.forgetUntil(now);
  }
}
