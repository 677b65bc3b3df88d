import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { catchError, type Observable } from 'rxjs';
import type { ApiOperationId } from '#libs/contracts';
import { type ErrorCode, isSeraiError } from '#libs/errors';
import { orUnavailable } from '#libs/persistence';
import { AccessLog } from '../access-log/access-log.service.js';
import { type CallRequest, openCall } from './call.js';
import type { Officer } from './officer.js';
import { OPERATION_ID } from './operation-id.js';

/** Refusals that say "you may not": each of them is logged. */
const DENIALS: readonly ErrorCode[] = [
  'ERR_OFFICER_FORBIDDEN',
  'ERR_OFFICER_NO_PURPOSE',
  'ERR_OFFICER_NEEDS_SECOND_PERSON',
  'ERR_REQUEST_NOT_FOUND',
  'ERR_LEG_MOVE_NOT_ALLOWED',
];

const orAway = orUnavailable('This access point cannot reach its database now. Try again later.');

/** Checks every call before its controller sees it, and writes each denial to the access log before it is answered. */
@Injectable()
export class CallInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly accessLog: AccessLog,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<CallRequest>();
    const id = this.reflector.get<ApiOperationId>(OPERATION_ID, context.getHandler());
    const officer = request.seraiOfficer as Officer;
    const refuse = async (error: unknown): Promise<never> => {
      if (isSeraiError(error, ...DENIALS)) {
        await this.accessLog.denied(id, officer, request, error.code).catch(orAway);
      }
      return orAway(error);
    };
    try {
      request.seraiCall = openCall(id, officer, request);
    } catch (error) {
      return refuse(error);
    }
    return next.handle().pipe(catchError(refuse));
  }
}
