import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import Provider from 'oidc-provider';

/** Hands the provider's own paths to it with the body still unread: it reads bodies itself. */
@Injectable()
export class ProviderMiddleware implements NestMiddleware {
  private readonly answer: (request: IncomingMessage, response: ServerResponse) => unknown;

  constructor(@Inject(Provider) provider: Provider) {
    this.answer = provider.callback();
  }

  use(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    if (/^\/(oidc|\.well-known)\//.test(request.url ?? '')) void this.answer(request, response);
    else next();
  }
}
