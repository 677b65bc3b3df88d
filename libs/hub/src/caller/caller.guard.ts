import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Caller } from '#libs/envelope';
import type { HttpRequest } from '#libs/telemetry';
import { CallerAuthenticator } from './caller-authenticator.js';

const callers = new WeakMap<HttpRequest, Caller>();

/**
 * Lets only participants through that authenticate with a caller token; `@AuthenticatedCaller()` hands over who it is.
 *
 * @example @UseGuards(CallerGuard) @Get('v1/feed') read(@AuthenticatedCaller() caller: Caller) {}
 */
@Injectable()
export class CallerGuard implements CanActivate {
  constructor(private readonly authenticator: CallerAuthenticator) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    callers.set(request, await this.authenticator.authenticate(request.headers.authorization));
    return true;
  }
}

/** Parameter of a handler behind {@link CallerGuard}: the participant that calls. */
export const AuthenticatedCaller = createParamDecorator((_unused: unknown, context: ExecutionContext): Caller => {
  const caller = callers.get(context.switchToHttp().getRequest<HttpRequest>());
  if (caller === undefined) throw new TypeError('AuthenticatedCaller needs CallerGuard on the route.');
  return caller;
});
