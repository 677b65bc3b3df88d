import { Global, Module } from '@nestjs/common';
import { OperatorGuard } from '../operations/operator.guard.js';
import { CallerGuard } from './caller.guard.js';
import { CallerAuthenticator } from './caller-authenticator.js';
import { SpentTokenRepository } from './spent-token.repository.js';
import { SpentTokens } from './spent-tokens.js';

/**
 * Gives {@link CallerGuard}, {@link OperatorGuard} and {@link CallerAuthenticator}. Needs `HubModule`, a {@link HubDirectory} and a database with
 * {@link SpentToken} and {@link CreateSpentTokens}.
 */
@Global()
@Module({
  providers: [CallerAuthenticator, CallerGuard, OperatorGuard, SpentTokenRepository, SpentTokens],
  exports: [CallerAuthenticator, CallerGuard, OperatorGuard],
})
export class CallerModule {}
