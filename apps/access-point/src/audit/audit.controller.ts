import { Controller } from '@nestjs/common';
import type { AuditRecord, ExportedRecords, ProvenAccess, ResolvedOfficer } from '#libs/contracts';
import { AccessProofs } from '../access-record/access-proofs.js';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { AuditExport } from './audit-export.js';
import { AuditSearch } from './audit-search.js';

@Controller()
export class AuditController {
  constructor(
    private readonly audit: AuditSearch,
    private readonly exports: AuditExport,
    private readonly accesses: AccessProofs,
  ) {}

  @Operation('searchRecords')
  search(@CallOf() call: Call<'searchRecords'>): Promise<Page<AuditRecord>> {
    return this.audit.search(call);
  }

  @Operation('exportRecords')
  export(@CallOf() call: Call<'exportRecords'>): Promise<ExportedRecords> {
    return this.exports.export(call);
  }

  @Operation('proveAccess')
  proveAccess(@CallOf() call: Call<'proveAccess'>): Promise<ProvenAccess> {
    return this.accesses.prove(call);
  }

  @Operation('resolveOfficer')
  resolve(@CallOf() call: Call<'resolveOfficer'>): Promise<ResolvedOfficer> {
    return this.audit.resolve(call);
  }
}
