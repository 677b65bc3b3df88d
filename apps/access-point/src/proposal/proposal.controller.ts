import { Controller } from '@nestjs/common';
import type { DirectoryProposal } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { Proposals } from './proposals.js';

@Controller()
export class ProposalController {
  constructor(private readonly proposals: Proposals) {}

  @Operation('submitDirectoryChanges')
  submit(@CallOf() call: Call<'submitDirectoryChanges'>): Promise<Page<DirectoryProposal>> {
    return this.proposals.submit(call);
  }

  @Operation('listDirectoryProposals')
  list(): Promise<Page<DirectoryProposal>> {
    return this.proposals.list();
  }
}
