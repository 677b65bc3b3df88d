import { Controller } from '@nestjs/common';
import type { LogAlarm, LogView } from '#libs/contracts';
import { FeedWithholding } from '../feed/feed-withholding.js';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { LogAlarms } from './log-alarms.js';

@Controller()
export class LogController {
  constructor(
    private readonly alarms: LogAlarms,
    private readonly withholding: FeedWithholding,
  ) {}

  @Operation('getLog')
  async view(): Promise<LogView> {
    const { current: withheld } = this.withholding;
    return { ...(await this.alarms.view()), ...(withheld ? { withheld } : {}) };
  }

  @Operation('acknowledgeLogAlarm')
  acknowledge(@CallOf() call: Call<'acknowledgeLogAlarm'>): Promise<LogAlarm> {
    return this.alarms.acknowledge(call);
  }
}
