import { Controller } from '@nestjs/common';
import type { MessageReceipt } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { Receipts } from './receipts.js';

@Controller()
export class ReceiptController {
  constructor(private readonly receipts: Receipts) {}

  @Operation('getReceipt')
  get(@CallOf() call: Call<'getReceipt'>): Promise<MessageReceipt> {
    return this.receipts.receipt(call);
  }
}
