import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import type { Act } from '../officer/call.js';
import { claimKey, findAct, keepAnswer } from './idempotency.repository.js';

/** Secret under which bodies are fingerprinted: a bare hash of a body could be guessed from the names in it. */
export class FingerprintKey {
  private readonly key: Buffer;

  constructor(recordsSecret: Uint8Array) {
    this.key = createHmac('sha256', recordsSecret).update('serai idempotency fingerprint').digest();
  }

  fingerprint({ operation, acting, params, body }: Act): string {
    const act = JSON.stringify([operation, acting, params, body]);
    return createHmac('sha256', this.key).update(act).digest('base64url');
  }
}

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
  async once<Answer>(call: Act, work: (tx: EntityManager) => Promise<Answer>): Promise<Answer> {
    const act = { subject: call.officer.subject, key: call.idempotencyKey };
    const fingerprint = this.fingerprintKey.fingerprint(call);
    return inTransaction(this.dataSource, async (tx) => {
      if (await claimKey(tx, act, fingerprint)) {
        const answer = await work(tx);
        await keepAnswer(tx, act, answer);
        return answer;
      }
      const earlier = await findAct(tx, act);
      if (earlier.fingerprint !== fingerprint) {
        throw new SeraiError(
          'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
          'This idempotency key was used with another body. Take a new one.',
        );
      }
      return earlier.answer as Answer;
    });
  }
}
