import { Global, Module } from '@nestjs/common';
import { CallerGuard } from './caller.guard.js';
import { CallerAuthenticator } from './caller-authenticator.js';

/** Gives {@link CallerGuard} and {@link CallerAuthenticator}. Needs `HubModule` and a {@link HubDirectory}. */
@Global()
@Module({ providers: [CallerAuthenticator, CallerGuard], exports: [CallerAuthenticator, CallerGuard] })
export class CallerModule {}
