import { Controller } from '@nestjs/common';
import type { EnvelopeView, LegSummary, LegView, MessageContent, MessageProof } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { LegReader } from './leg.reader.js';
import { MessageReader } from './message.reader.js';

@Controller()
export class LegController {
  constructor(
    private readonly legs: LegReader,
    private readonly messages: MessageReader,
  ) {}

  @Operation('listLegs')
  list(@CallOf() call: Call<'listLegs'>): Promise<Page<LegSummary>> {
    return this.legs.list(call);
  }

  @Operation('getLeg')
  get(@CallOf() call: Call<'getLeg'>): Promise<LegView> {
    return this.legs.get(call);
  }

  @Operation('readContent')
  readContent(@CallOf() call: Call<'readContent'>): Promise<MessageContent> {
    return this.messages.readContent(call);
  }

  @Operation('getProof')
  getProof(@CallOf() call: Call<'getProof'>): Promise<MessageProof> {
    return this.messages.proof(call);
  }

  @Operation('getEnvelope')
  getEnvelope(@CallOf() call: Call<'getEnvelope'>): Promise<EnvelopeView> {
    return this.messages.envelope(call);
  }
}
