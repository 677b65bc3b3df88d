import { Controller } from '@nestjs/common';
import type { KeyView, ProposedChanges } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { Keys } from './keys.service.js';

@Controller()
export class KeysController {
  constructor(private readonly keys: Keys) {}

  @Operation('listKeys')
  list(): Page<KeyView> {
    return this.keys.list();
  }

  @Operation('rotateKey')
  rotate(@CallOf() call: Call<'rotateKey'>): Promise<ProposedChanges> {
    return this.keys.rotate(call);
  }

  @Operation('endKey')
  end(@CallOf() call: Call<'endKey'>): Promise<ProposedChanges> {
    return this.keys.end(call);
  }
}
