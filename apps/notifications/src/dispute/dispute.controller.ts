import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { type FeedDisputeList, NOTIFICATIONS_API } from '#libs/contracts';
import { OperatorGuard } from '#libs/hub';
import { parseInput } from '#libs/telemetry';
import { DisputeRepository } from './dispute.repository.js';

/** Operators see which feeds are disputed, and what was found. */
@Controller()
@UseGuards(OperatorGuard)
export class DisputeController {
  constructor(private readonly disputes: DisputeRepository) {}

  @Get('v1/feed-disputes')
  async list(@Query() query: unknown): Promise<FeedDisputeList> {
    const { limit = 50 } = parseInput(NOTIFICATIONS_API.listDisputes.query, query);
    return { disputes: await this.disputes.newest(limit) };
  }
}
