import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '#libs/persistence';
import type { IdempotentCall } from '../officer/call.js';
import { answerOf } from './answer-of.js';
import { FingerprintKey } from './fingerprint-key.js';
import { claimKey, findAct, keepAnswer } from './idempotency.repository.js';
import { SharedActs } from './shared-acts.js';

/** One effect per key of a caller. */
@Injectable()
export class Idempotency {
  constructor(
    private readonly dataSource: DataSource,
    private readonly fingerprintKey: FingerprintKey,
  ) {}

  /**
   * Runs `work` in one transaction with the claim of the call's key, and keeps its answer. The same key and body again get the answer of the
   * first time; with another body ERR_REQUEST_IDEMPOTENCY_CONFLICT. `answer` must hold ids only: it is stored in clear.
   */
  async once<Answer>(call: IdempotentCall, work: (tx: EntityManager) => Promise<Answer>): Promise<Answer> {
    const act = { subject: call.officer.subject, key: call.idempotencyKey };
    const fingerprint = this.fingerprintKey.fingerprint(call);
    return inTransaction(this.dataSource, async (tx) => {
      if (await claimKey(tx, act, fingerprint)) {
        const answer = await work(tx);
        await keepAnswer(tx, act, answer);
        return answer;
      }
      return answerOf<Answer>((await findAct(tx, act))!, fingerprint);
    });
  }

  /**
   * For acts that touch nothing of each other: see {@link SharedActs}.
   *
   * @param prepare what a transaction needs before it stores, in a round trip that the claim of the keys shares
   */
  shared<Prepared, Answer>(
    prepare: (tx: EntityManager) => Promise<void>,
    store: (tx: EntityManager, prepared: readonly Prepared[]) => Promise<void>,
  ): SharedActs<Prepared, Answer> {
    return new SharedActs(this.dataSource, this.fingerprintKey, prepare, store);
  }
}
