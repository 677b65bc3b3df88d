import { Controller } from '@nestjs/common';
import type { BasisPage, StatisticsWithDirectory } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { Statistics } from './statistics.js';

@Controller()
export class StatisticsController {
  constructor(private readonly statistics: Statistics) {}

  @Operation('issueStatistics')
  issue(@CallOf() call: Call<'issueStatistics'>): Promise<StatisticsWithDirectory> {
    return this.statistics.issue(call);
  }

  @Operation('getStatisticsBasis')
  basis(@CallOf() call: Call<'getStatisticsBasis'>): Promise<BasisPage> {
    return this.statistics.basis(call);
  }
}
