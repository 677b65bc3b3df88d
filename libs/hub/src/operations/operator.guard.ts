import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Operator } from '#libs/envelope';
import type { HttpRequest } from '#libs/telemetry';
import { CallerAuthenticator } from '../caller/caller-authenticator.js';

const operators = new WeakMap<HttpRequest, Operator>();

/** Lets only operators of the hub through; `@AuthenticatedOperator()` hands over with which key. Participants are strangers here. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(private readonly authenticator: CallerAuthenticator) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    operators.set(request, await this.authenticator.authenticateOperator(request.headers.authorization));
    return true;
  }
}

/** Parameter of a handler behind {@link OperatorGuard}: the operator that calls. */
export const AuthenticatedOperator = createParamDecorator((_unused: unknown, context: ExecutionContext): Operator => {
  const operator = operators.get(context.switchToHttp().getRequest<HttpRequest>());
  if (operator === undefined) throw new TypeError('AuthenticatedOperator needs OperatorGuard on the route.');
  return operator;
});
