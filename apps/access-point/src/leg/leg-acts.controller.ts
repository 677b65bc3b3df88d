import { Controller } from '@nestjs/common';
import type { SentEnvelope } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { LegActs } from './leg.acts.js';

@Controller()
export class LegActsController {
  constructor(private readonly acts: LegActs) {}

  @Operation('acknowledgeLeg')
  acknowledge(@CallOf() call: Call<'acknowledgeLeg'>): Promise<SentEnvelope> {
    return this.acts.acknowledge(call);
  }

  @Operation('askClarification')
  askClarification(@CallOf() call: Call<'askClarification'>): Promise<SentEnvelope> {
    return this.acts.askClarification(call);
  }

  @Operation('answerClarification')
  answerClarification(@CallOf() call: Call<'answerClarification'>): Promise<SentEnvelope> {
    return this.acts.answerClarification(call);
  }

  @Operation('announceAuthorisation')
  announceAuthorisation(@CallOf() call: Call<'announceAuthorisation'>): Promise<SentEnvelope> {
    return this.acts.announceAuthorisation(call);
  }

  @Operation('respond')
  respond(@CallOf() call: Call<'respond'>): Promise<SentEnvelope> {
    return this.acts.respond(call);
  }

  @Operation('decline')
  decline(@CallOf() call: Call<'decline'>): Promise<SentEnvelope> {
    return this.acts.decline(call);
  }

  @Operation('askReconsideration')
  askReconsideration(@CallOf() call: Call<'askReconsideration'>): Promise<SentEnvelope> {
    return this.acts.askReconsideration(call);
  }

  @Operation('closeLeg')
  close(@CallOf() call: Call<'closeLeg'>): Promise<SentEnvelope> {
    return this.acts.close(call);
  }

  @Operation('withdrawLeg')
  withdraw(@CallOf() call: Call<'withdrawLeg'>): Promise<SentEnvelope> {
    return this.acts.withdraw(call);
  }
}
