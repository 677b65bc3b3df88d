import { type DynamicModule, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import Provider from 'oidc-provider';
import { TelemetryModule } from '#libs/telemetry';
import { Accounts } from './accounts/accounts.js';
import type { AccountsFile } from './accounts/accounts-file.js';
import { LoginController } from './login/login.controller.js';
import { createProvider, type Lifetimes } from './provider/create-provider.js';
import { ProviderMiddleware } from './provider/provider.middleware.js';

export interface IdentityProviderOptions {
  readonly issuer: string;
  readonly accounts: AccountsFile;
  readonly logLevel?: string;
  readonly lifetimes?: Lifetimes;
}

/** The development identity provider: the OpenID provider on its paths, and the login page. */
@Module({})
export class IdentityProviderModule implements NestModule {
  static forRoot({ issuer, accounts: file, logLevel, lifetimes }: IdentityProviderOptions): DynamicModule {
    const accounts = new Accounts(file);
    return {
      module: IdentityProviderModule,
      imports: [TelemetryModule.forRoot({ app: 'identity-provider', logLevel })],
      controllers: [LoginController],
      providers: [
        { provide: Accounts, useValue: accounts },
        { provide: Provider, useValue: createProvider(issuer, file.signingKey, accounts, lifetimes) },
      ],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(ProviderMiddleware).forRoutes('{*path}');
  }
}
