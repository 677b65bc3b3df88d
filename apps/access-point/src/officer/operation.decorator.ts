import {
  applyDecorators,
  Get,
  Head,
  HttpCode,
  Patch,
  Post,
  SetMetadata,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ACCESS_POINT_API, type ApiOperationId } from '#libs/contracts';
import { CallInterceptor } from './call.interceptor.js';
import { OfficerGuard } from './officer.guard.js';
import { OPERATION_ID } from './operation-id.js';

const VERBS = { GET: Get, HEAD: Head, PATCH: Patch, POST: Post } as const;

/** Serves an operation of the API's table: its method, path and status come from there, its caller and input are checked before. */
export function Operation(id: ApiOperationId): MethodDecorator {
  const { method, path, status } = ACCESS_POINT_API[id];
  const route = path.replaceAll(/\{(\w+)\}/g, ':$1');
  return applyDecorators(
    SetMetadata(OPERATION_ID, id),
    VERBS[method](route),
    HttpCode(status),
    UseGuards(OfficerGuard),
    UseInterceptors(CallInterceptor),
  );
}
