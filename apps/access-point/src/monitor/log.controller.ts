import { Controller } from '@nestjs/common';
import type { LogAlarm, LogView } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { LogAlarms } from './log-alarms.js';

@Controller()
export class LogController {
  constructor(private readonly alarms: LogAlarms) {}

  @Operation('getLog')
  view(): Promise<LogView> {
    return this.alarms.view();
  }

  @Operation('acknowledgeLogAlarm')
  acknowledge(@CallOf() call: Call<'acknowledgeLogAlarm'>): Promise<LogAlarm> {
    return this.alarms.acknowledge(call);
  }
}
