import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { MessageReceipt } from '#libs/contracts';
import { notFound } from '../leg/leg.reader.js';
import { findReachable } from '../leg/message.reader.js';
import type { Call } from '../officer/call.js';
import { ReceiptWaits } from './receipt-waits.js';
import { Standings } from './standings.js';

/** Tells officers how far the hub vouches for a message. */
@Injectable()
export class Receipts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly standings: Standings,
    private readonly waits: ReceiptWaits,
  ) {}

  /** @throws SeraiError ERR_REQUEST_NOT_FOUND */
  async receipt(call: Call<'getReceipt'>): Promise<MessageReceipt> {
    const { envelopeId } = call.params;
    await findReachable(this.dataSource.manager, call);
    await this.waits.wait(envelopeId, call.query.level, call.query.wait * 1_000);
    const standing = (await this.standings.of([envelopeId])).get(envelopeId);
    if (standing === undefined) throw notFound();
    const { word, ...known } = standing;
    return {
      envelopeId,
      sha256: word.sha256,
      ...known,
      ...(word.answer === null ? {} : { receipt: word.answer }),
      ...(word.problem === null ? {} : { problem: word.problem }),
    };
  }
}
