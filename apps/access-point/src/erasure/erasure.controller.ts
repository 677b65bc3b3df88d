import { Controller } from '@nestjs/common';
import type { ErasedLeg, HoldView } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { Erasures } from './erasures.js';
import { Holds } from './holds.js';

@Controller()
export class ErasureController {
  constructor(
    private readonly erasures: Erasures,
    private readonly holds: Holds,
  ) {}

  @Operation('eraseLeg')
  erase(@CallOf() call: Call<'eraseLeg'>): Promise<ErasedLeg> {
    return this.erasures.erase(call);
  }

  @Operation('holdLeg')
  hold(@CallOf() call: Call<'holdLeg'>): Promise<HoldView> {
    return this.holds.place(call);
  }

  @Operation('releaseHold')
  release(@CallOf() call: Call<'releaseHold'>): Promise<HoldView> {
    return this.holds.release(call);
  }

  @Operation('listHolds')
  list(@CallOf() call: Call<'listHolds'>): Promise<Page<HoldView>> {
    return this.holds.list(call);
  }
}
