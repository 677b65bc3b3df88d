import { Controller } from '@nestjs/common';
import type { AuditRecord } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { AuditSearch } from './audit-search.js';

@Controller()
export class AuditController {
  constructor(private readonly audit: AuditSearch) {}

  @Operation('searchRecords')
  search(@CallOf() call: Call<'searchRecords'>): Promise<Page<AuditRecord>> {
    return this.audit.search(call);
  }
}
