import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { AUDIT_API, type OpeningsAnswer } from '#libs/contracts';
import { CallerGuard } from '#libs/hub';
import { parseInput } from '#libs/telemetry';
import { Openings } from './openings.js';

const { bodies } = AUDIT_API.openLeaves;

/** Opens leaves for whoever holds the envelopes. */
@Controller('v1/openings')
@UseGuards(CallerGuard)
export class OpeningController {
  constructor(private readonly openings: Openings) {}

  @Post()
  @HttpCode(200)
  async open(@Body() body: unknown): Promise<OpeningsAnswer> {
    const { envelopes } = parseInput(bodies['application/json'], body);
    return { openings: await this.openings.of(envelopes) };
  }
}
