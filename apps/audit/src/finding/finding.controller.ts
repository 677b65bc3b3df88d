import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { AUDIT_API, type FindingPage, type LogFinding, MAX_FINDING_PAGE } from '#libs/contracts';
import { OperatorGuard } from '#libs/hub';
import { parseInput } from '#libs/telemetry';
import type { Finding } from './finding.entity.js';
import { FindingRepository } from './finding.repository.js';

/** What the log found wrong, for operators of the hub: which kind and where, never what a message says. */
@Controller('v1/findings')
@UseGuards(OperatorGuard)
export class FindingController {
  constructor(private readonly repository: FindingRepository) {}

  @Get()
  async list(@Query() query: unknown): Promise<FindingPage> {
    const { after = '0', limit = MAX_FINDING_PAGE, kind } = parseInput(AUDIT_API.listFindings.query, query);
    // One more than asked for tells whether there is a next page.
    const found = await this.repository.page(after, limit + 1, kind);
    const shown = found.slice(0, limit);
    const next = found.length > limit ? shown.at(-1)?.id : undefined;
    return { findings: shown.map(findingOf), ...(next === undefined ? {} : { next }) };
  }
}

function findingOf({ id, kind, topic, partition, offset, producer, number, witness, foundAt }: Finding): LogFinding {
  const isOfRecord = topic !== null && partition !== null && offset !== null;
  return {
    id,
    kind,
    foundAt: foundAt.toISOString(),
    ...(isOfRecord ? { record: { topic, partition, offset } } : {}),
    ...(producer === null ? {} : { producer }),
    ...(number === null ? {} : { number }),
    ...(witness === null ? {} : { witness }),
  };
}
