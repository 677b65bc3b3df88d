import { Body, Controller, Get, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import {
  type CommunityLadder,
  type CommunityLadderList,
  type NewCommunityLadder,
  NOTIFICATIONS_API,
} from '#libs/contracts';
import type { Operator } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { AuthenticatedOperator, OperatorGuard } from '#libs/hub';
import { LOGGER, type Logger, parseInput } from '#libs/telemetry';
import { Clock } from '../clock.js';
import { LadderRepository } from './ladder.repository.js';

const MOST_SHOWN = 200;
const { setLadder } = NOTIFICATIONS_API;

/** Operators see and set the ladder that desks have which set none of their own. */
@Controller('v1/ladders')
@UseGuards(OperatorGuard)
export class LadderController {
  constructor(
    private readonly ladders: LadderRepository,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get()
  async list(): Promise<CommunityLadderList> {
    return { ladders: await this.ladders.newest(MOST_SHOWN) };
  }

  /** The same order again has the same answer, and no second effect. */
  @Post()
  @HttpCode(200)
  async set(@Body() body: unknown, @AuthenticatedOperator() operator: Operator): Promise<CommunityLadder> {
    const order = parseInput(setLadder.bodies['application/json'], body);
    const { ladderId, ladder, reason } = order;
    const known = await this.ladders.find(ladderId);
    if (known) return sameAs(known, order);
    const at = this.clock.now();
    const effectiveFrom = order.effectiveFrom === undefined ? at : new Date(order.effectiveFrom);
    if (effectiveFrom < at) {
      throw new SeraiError(
        'ERR_LADDER_PAST',
        `A ladder holds from now, ${at.toISOString()}, or from later. Legs that were delivered before keep theirs.`,
      );
    }
    await this.ladders.insert({ ladderId, effectiveFrom, ladder, reason, at, by: operator.kid });
    const asked = { ladderId, effectiveFrom, operatorKey: operator.kid, tokenId: operator.jti };
    this.logger.warn(asked, 'an operator has set the ladder of the community');
    const kept = await this.ladders.find(ladderId);
    if (!kept) throw new TypeError('A ladder went that is never removed.');
    return sameAs(kept, order);
  }
}

/** Of two orders with one id the first counts. */
function sameAs(kept: CommunityLadder, { ladder, effectiveFrom, reason }: NewCommunityLadder): CommunityLadder {
  const isSame =
    JSON.stringify(kept.ladder.map(stepOf)) === JSON.stringify(ladder.map(stepOf)) &&
    kept.set?.reason === reason &&
    (effectiveFrom === undefined || Date.parse(effectiveFrom) === Date.parse(kept.effectiveFrom));
  if (isSame) return kept;
  throw new SeraiError(
    'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
    'Another ladder was set under this id. Set this one under a new id.',
  );
}

const stepOf = ({ rung, afterMinutes }: CommunityLadder['ladder'][number]): string => `${rung} ${afterMinutes}`;
