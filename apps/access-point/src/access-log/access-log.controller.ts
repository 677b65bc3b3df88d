import { Controller } from '@nestjs/common';
import type { AccessLogEntry } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { AccessLog } from './access-log.service.js';

@Controller()
export class AccessLogController {
  constructor(private readonly accessLog: AccessLog) {}

  @Operation('listAccessLog')
  list(@CallOf() call: Call<'listAccessLog'>): Promise<Page<AccessLogEntry>> {
    return this.accessLog.list(call);
  }
}
