import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { isSeraiError, SeraiError } from '#libs/errors';
import { TrafficControl } from '#libs/traffic';
import { HubClock } from '../hub/hub-clock.js';
import type { CallRequest } from './call.js';
import type { Officer } from './officer.js';
import { OidcVerifier } from './oidc-verifier.js';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** Lets nobody through without a good access token, and nobody faster than their allowance. */
@Injectable()
export class OfficerGuard implements CanActivate {
  constructor(
    private readonly verifier: OidcVerifier,
    private readonly traffic: TrafficControl,
    private readonly clock: HubClock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<CallRequest>();
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) {
      throw new SeraiError('ERR_OFFICER_UNAUTHENTICATED', 'Log in and send an access token as bearer token.');
    }
    const officer = await this.verify(token);
    this.traffic.admit(officer.subject);
    request.seraiOfficer = officer;
    return true;
  }

  private async verify(token: string): Promise<Officer> {
    try {
      return await this.verifier.verify(token);
    } catch (error) {
      // A token is good for minutes: by a wrong clock no fresh one would be better.
      if (isSeraiError(error, 'ERR_OFFICER_UNAUTHENTICATED')) this.clock.assertRight();
      throw error;
    }
  }
}
