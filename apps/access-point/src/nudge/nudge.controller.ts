import { Controller } from '@nestjs/common';
import type { EscalationStep, NudgesView, SentEnvelope } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { Nudges } from './nudges.js';

@Controller()
export class NudgeController {
  constructor(private readonly nudges: Nudges) {}

  @Operation('setNudges')
  set(@CallOf() call: Call<'setNudges'>): Promise<SentEnvelope> {
    return this.nudges.set(call);
  }

  @Operation('getNudges')
  get(@CallOf() call: Call<'getNudges'>): Promise<NudgesView> {
    return this.nudges.get(call);
  }

  @Operation('listEscalations')
  escalations(@CallOf() call: Call<'listEscalations'>): Promise<{ entries: EscalationStep[] }> {
    return this.nudges.escalations(call);
  }
}
