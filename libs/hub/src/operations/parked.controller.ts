import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, UseGuards } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  MAX_PARKED_PAGE,
  OPERATIONS_API,
  type ParkedPage,
  type ParkedRecord,
  type ReplayResult,
} from '#libs/contracts';
import type { Operator } from '#libs/envelope';
import { ERROR_TABLE, type ErrorCode } from '#libs/errors';
import { type ParkedSummary, pageOfParked, type ReplayOutcome } from '#libs/messaging';
import { orUnavailable } from '#libs/persistence';
import { LOGGER, type Logger, parseInput } from '#libs/telemetry';
import { Inboxes } from '../broker/inboxes.js';
import type { HubSettings } from '../hub-settings.js';
import { HUB_SETTINGS } from '../tokens.js';
import { AuthenticatedOperator, OperatorGuard } from './operator.guard.js';

const { discardParked, listParked, replayParked } = OPERATIONS_API;
const away = orUnavailable('The parked records can not be reached now. Try again later.');

/** What operators may see and do about records that this service has set aside: where they lie and why, never what they say. */
@Controller('v1/parked')
@UseGuards(OperatorGuard)
export class ParkedController {
  constructor(
    @Inject(HUB_SETTINGS) private readonly settings: HubSettings,
    private readonly dataSource: DataSource,
    private readonly inboxes: Inboxes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get()
  async list(@Query() query: unknown): Promise<ParkedPage> {
    const { after, limit = MAX_PARKED_PAGE, topic, code, discarded } = parseInput(listParked.query, query);
    const consumer = this.settings.service;
    // One more than asked for tells whether there is a next page.
    const wanted = { consumer, after, limit: limit + 1, topic, code, discarded: discarded === 'true' };
    const found = await pageOfParked(this.dataSource, wanted).catch(away);
    const shown = found.slice(0, limit);
    const next = found.length > limit ? shown.at(-1)?.id : undefined;
    return { records: shown.map(recordOf), ...(next === undefined ? {} : { next }) };
  }

  @Post(':id/replay')
  @HttpCode(200)
  async replay(@Param() params: unknown, @AuthenticatedOperator() operator: Operator): Promise<ReplayResult> {
    const { id } = parseInput(replayParked.params, params);
    const asked = { parked: id, operatorKey: operator.kid, tokenId: operator.jti };
    this.logger.warn(asked, 'an operator replays a parked record');
    const { replayed, stopped } = await this.inboxes.replay(id).catch(away);
    this.logger.warn({ ...asked, replayed, stopped }, 'the replay has ended');
    return resultOf({ replayed, stopped });
  }

  @Post(':id/discard')
  @HttpCode(200)
  async discard(
    @Param() params: unknown,
    @Body() body: unknown,
    @AuthenticatedOperator() operator: Operator,
  ): Promise<ReplayResult> {
    const { id } = parseInput(discardParked.params, params);
    const { reason, releaseKey = false } = parseInput(discardParked.bodies['application/json'], body);
    const asked = { parked: id, operatorKey: operator.kid, tokenId: operator.jti, releaseKey };
    const { replayed, stopped } = await this.inboxes.discard({ id, by: operator.kid, reason, releaseKey }).catch(away);
    this.logger.warn({ ...asked, replayed, stopped }, 'an operator has discarded a parked record');
    return resultOf({ replayed, stopped });
  }
}

function resultOf({ replayed, stopped }: ReplayOutcome): ReplayResult {
  return { replayed, ...(stopped ? { stopped: { ...stopped, reason: reasonOf(stopped.code) } } : {}) };
}

const reasonOf = (code: ErrorCode): string => ERROR_TABLE[code].title;

/** The key stays here: it would tell which records belong together. */
function recordOf({
  id,
  code,
  topic,
  partition,
  offset,
  appendedAt,
  parkedAt,
  bytes,
  discarded,
}: ParkedSummary): ParkedRecord {
  return {
    id,
    code,
    reason: reasonOf(code),
    topic,
    partition,
    offset: String(offset),
    appendedAt: appendedAt.toISOString(),
    parkedAt: parkedAt.toISOString(),
    bytes,
    ...(discarded ? { discarded: { ...discarded, at: discarded.at.toISOString() } } : {}),
  };
}
