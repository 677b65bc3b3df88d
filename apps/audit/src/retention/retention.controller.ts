import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import type { LogRetention } from '#libs/contracts';
import { CallerGuard } from '#libs/hub';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import { RetentionRepository } from './retention.repository.js';

/** States how long leaves can be opened, and which no longer can. */
@Controller('v1/retention')
@UseGuards(CallerGuard)
export class RetentionController {
  constructor(
    @Inject(AUDIT_CONFIG) private readonly config: AuditConfig,
    private readonly repository: RetentionRepository,
  ) {}

  @Get()
  async state(): Promise<LogRetention> {
    const { origin, retentionDays } = this.config;
    const prunedTo = await this.repository.prunedTo();
    return { origin, ...(retentionDays === undefined ? {} : { retentionDays }), prunedTo };
  }
}
