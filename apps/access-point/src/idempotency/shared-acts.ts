import type { DataSource, EntityManager } from 'typeorm';
import { Company } from '#libs/messaging';
import { inTransaction, isTransient, together } from '#libs/persistence';
import type { Act } from '../officer/call.js';
import { answerOf } from './answer-of.js';
import type { FingerprintKey } from './fingerprint-key.js';
import { claimKeys, findAct, type KeyClaim } from './idempotency.repository.js';

/** What an act will store, and its answer. */
export interface PreparedAct<Prepared, Answer> {
  readonly prepared: Prepared;
  /** Holds ids only: it is stored in clear. */
  readonly answer: Answer;
}

interface ClaimingAct<Prepared> extends PreparedAct<Prepared, unknown>, KeyClaim {
  /** False while it is not stored, and when the key was used before. */
  isFirst: boolean;
}

/**
 * One effect per key of a caller, for acts that touch nothing of each other: those that come while a transaction is under way share the next one, so
 * that its commit and the lock on the chain of envelopes cost once.
 */
export class SharedActs<Prepared, Answer> {
  private readonly company: Company<ClaimingAct<Prepared>>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly fingerprintKey: FingerprintKey,
    private readonly prepare: (tx: EntityManager) => Promise<void>,
    private readonly store: (tx: EntityManager, prepared: readonly Prepared[]) => Promise<void>,
  ) {
    this.company = new Company((acts) => this.commit(acts));
  }

  /**
   * Prepares the act and stores it. The same key and body again get the answer of the first time, also when the act would be refused by now.
   *
   * @throws SeraiError ERR_REQUEST_IDEMPOTENCY_CONFLICT for the same key with another body, and whatever `prepare` throws
   */
  async once(call: Act, prepare: () => Promise<PreparedAct<Prepared, Answer>>): Promise<Answer> {
    const act = { subject: call.officer.subject, key: call.idempotencyKey };
    const fingerprint = this.fingerprintKey.fingerprint(call);
    const refusals: unknown[] = [];
    const prepared = await prepare().catch((refusal: unknown) => void refusals.push(refusal));
    if (prepared && (await this.isFirst({ ...prepared, act, fingerprint, isFirst: false }))) return prepared.answer;
    const earlier = await findAct(this.dataSource.manager, act);
    if (earlier === undefined) throw refusals[0];
    return answerOf<Answer>(earlier, fingerprint);
  }

  /** Stores the act unless its key was used before. */
  private async isFirst(act: ClaimingAct<Prepared>): Promise<boolean> {
    await this.company.join([act]).catch((error: unknown) => this.commitAlone(act, error));
    return act.isFirst;
  }

  private async commit(acts: readonly ClaimingAct<Prepared>[]): Promise<void> {
    const firsts = await inTransaction(this.dataSource, async (tx) => {
      const [claims] = await together([claimKeys(tx, acts), this.prepare(tx)]);
      const claimed = claims.map((index) => acts[index]!);
      const prepared = claimed.map((act) => act.prepared);
      if (prepared.length > 0) await this.store(tx, prepared);
      return claimed;
    });
    for (const act of firsts) act.isFirst = true;
  }

  /** Another act of the same transaction may be to blame. */
  private async commitAlone(act: ClaimingAct<Prepared>, error: unknown): Promise<void> {
    if (isTransient(error)) throw error;
    await this.commit([act]);
  }
}
