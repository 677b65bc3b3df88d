import { Controller } from '@nestjs/common';
import type { ApprovalSummary, ApprovalView, SentEnvelope } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { ApprovalReader } from './approval.reader.js';
import { Approvals } from './approvals.js';

@Controller()
export class ApprovalController {
  constructor(
    private readonly approvals: Approvals,
    private readonly reader: ApprovalReader,
  ) {}

  @Operation('listApprovals')
  list(@CallOf() call: Call<'listApprovals'>): Promise<Page<ApprovalSummary>> {
    return this.reader.list(call);
  }

  @Operation('getApproval')
  get(@CallOf() call: Call<'getApproval'>): Promise<ApprovalView> {
    return this.reader.get(call);
  }

  @Operation('approve')
  approve(@CallOf() call: Call<'approve'>): Promise<SentEnvelope> {
    return this.approvals.approve(call);
  }

  @Operation('countersignRefusal')
  countersign(@CallOf() call: Call<'countersignRefusal'>): Promise<SentEnvelope> {
    return this.approvals.countersign(call);
  }

  @Operation('reject')
  reject(@CallOf() call: Call<'reject'>): Promise<ApprovalSummary> {
    return this.approvals.reject(call);
  }

  @Operation('withdrawApproval')
  withdraw(@CallOf() call: Call<'withdrawApproval'>): Promise<ApprovalSummary> {
    return this.approvals.withdraw(call);
  }
}
