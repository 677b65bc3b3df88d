import { Controller } from '@nestjs/common';
import type { RefusalAnswer } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { Refusals } from './refusals.js';

@Controller()
export class RefusalController {
  constructor(private readonly refusals: Refusals) {}

  @Operation('refuse')
  refuse(@CallOf() call: Call<'refuse'>): Promise<RefusalAnswer> {
    return this.refusals.refuse(call);
  }
}
