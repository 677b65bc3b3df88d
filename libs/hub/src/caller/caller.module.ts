import { Global, Module } from '@nestjs/common';
import { CallerGuard } from './caller.guard.js';
import { CallerAuthenticator } from './caller-authenticator.js';
import { SpentTokenRepository } from './spent-token.repository.js';
import { SpentTokens } from './spent-tokens.js';

/**
 * Gives {@link CallerGuard} and {@link CallerAuthenticator}. Needs `HubModule`, a {@link HubDirectory} and a database with {@link SpentToken} and
 * {@link CreateSpentTokens}.
 */
@Global()
@Module({
  providers: [CallerAuthenticator, CallerGuard, SpentTokenRepository, SpentTokens],
  exports: [CallerAuthenticator, CallerGuard],
})
export class CallerModule {}
