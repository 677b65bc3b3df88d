import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { SeraiError } from '#libs/errors';
import type { CallRequest } from './call.js';
import { OidcVerifier } from './oidc-verifier.js';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** Lets nobody through without a good access token. */
@Injectable()
export class OfficerGuard implements CanActivate {
  constructor(private readonly verifier: OidcVerifier) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<CallRequest>();
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) {
      throw new SeraiError('ERR_OFFICER_UNAUTHENTICATED', 'Log in and send an access token as bearer token.');
    }
    request.seraiOfficer = await this.verifier.verify(token);
    return true;
  }
}
