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

  use(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: () => void): void {
    // Nest takes the matched part, here all of it, out of `url`.
    const url = request.originalUrl ?? request.url ?? '';
    if (!/^\/(oidc|\.well-known)\//.test(url)) {
      next();
      return;
    }
    request.url = url;
    void this.answer(request, response);
  }
}
