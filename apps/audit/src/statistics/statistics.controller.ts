import { Body, Controller, Get, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { AUDIT_API, type BasisPage, type IssuedStatistics, MAX_BASIS_PAGE } from '#libs/contracts';
import type { Caller } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { AuthenticatedCaller, CallerGuard } from '#libs/hub';
import { parseInput } from '#libs/telemetry';
import { Basis } from './basis.js';
import { CompleteCheckpoint } from './complete-checkpoint.js';
import { Secretariat } from './secretariat.js';
import { StatisticsIssuer } from './statistics-issuer.js';

const { issueStatistics, readStatisticsBasis } = AUDIT_API;

/** Statistics for the Secretariat, and what they were counted from. */
@Controller('v1/statistics')
@UseGuards(CallerGuard)
export class StatisticsController {
  constructor(
    private readonly secretariat: Secretariat,
    private readonly issuer: StatisticsIssuer,
    private readonly basis: Basis,
    private readonly checkpoints: CompleteCheckpoint,
  ) {}

  @Post()
  @HttpCode(200)
  async issue(@AuthenticatedCaller() caller: Caller, @Body() body: unknown): Promise<IssuedStatistics> {
    this.secretariat.assertIs(caller);
    const period = parseInput(issueStatistics.bodies['application/json'], body);
    return { statement: await this.issuer.issue(period) };
  }

  @Get('basis')
  async read(@AuthenticatedCaller() caller: Caller, @Query() query: unknown): Promise<BasisPage> {
    this.secretariat.assertIs(caller);
    const { begin } = parseInput(readStatisticsBasis.query, query);
    const size = (await this.basis.earlier()).size + ((await this.checkpoints.newest())?.size ?? 0);
    if (begin >= size)
      throw new SeraiError(
        'ERR_LOG_RANGE',
        `There are ${size} leaves under published checkpoints. Ask again when there are more.`,
      );
    return { leaves: await this.basis.of(begin, Math.min(size, begin + MAX_BASIS_PAGE)) };
  }
}
