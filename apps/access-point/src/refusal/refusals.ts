import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { legRefused, type RefusalAnswer, SENSITIVE_REFUSAL_GROUNDS, type SentEnvelope } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { assertItems } from '../leg/leg.acts.js';
import { assertCanMove } from '../leg/leg.moves.js';
import { assertReachable, notFound } from '../leg/leg.reader.js';
import type { LegRecord } from '../leg/leg.repository.js';
import { type LegAct, LegSender } from '../leg/leg.sender.js';
import type { Call } from '../officer/call.js';
import { requireReach } from '../officer/permission.js';
import { Vault } from '../vault/vault.service.js';
import { type RefusalPlaintext, refusalPlaintext } from './refusal.plaintext.js';
import { findPendingRefusal, markRefusalSent, proposeRefusal } from './refusal.repository.js';

/** Refusals with a ground. The true ground stays in the vault; on a sensitive one nothing is sent before a second supervisor agrees. */
@Injectable()
export class Refusals {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly sender: LegSender,
    private readonly vault: Vault,
  ) {}

  refuse(call: Call<'refuse'>): Promise<RefusalAnswer> {
    const refusal = call.body;
    const isSensitive = needsSecondPerson(refusal);
    const reach = isSensitive ? requireReach(call.officer, 'refuseOnSensitiveGround') : call.reach;
    return this.idempotency.once(call, async (tx) => {
      const leg = assertReachable(reach, await this.sender.open(tx, call));
      // Nobody should be asked to countersign what cannot go out.
      if (isSensitive) assertCanMove(leg, legRefused.type);
      assertItems(leg, refusal.items ?? []);
      const refusalId = v7();
      await proposeRefusal(tx, { refusalId, legId: leg.legId, officer: call.officer });
      await this.vault.store(tx, [{ recordId: refusalId, content: refusal }]);
      if (isSensitive) return { refusalId };
      const envelopeId = await this.send(tx, call, leg, refusal);
      await markRefusalSent(tx, { refusalId, envelopeId });
      return { refusalId, envelopeId };
    });
  }

  countersign(call: Call<'countersignRefusal'>): Promise<SentEnvelope> {
    return this.idempotency.once(call, async (tx) => {
      const leg = await this.sender.open(tx, call);
      const pending = await findPendingRefusal(tx, leg.legId);
      if (pending?.refusalId !== call.params.refusalId) throw notFound();
      assertCanMove(leg, legRefused.type);
      if (pending.proposedBySubject === call.officer.subject || pending.proposedBy === call.officer.pseudonym) {
        throw new SeraiError('ERR_OFFICER_NEEDS_SECOND_PERSON', 'Another supervisor must countersign your refusal.');
      }
      const refusal = refusalPlaintext.parse(await this.vault.read(tx, pending.refusalId));
      const envelopeId = await this.send(tx, call, leg, refusal);
      await markRefusalSent(tx, { refusalId: pending.refusalId, envelopeId, countersigner: call.officer });
      return { envelopeId };
    });
  }

  private send(tx: EntityManager, call: LegAct, leg: LegRecord, refusal: RefusalPlaintext): Promise<string> {
    const { ground, discloseGround, items, reason } = refusal;
    const isDisclosed = discloseGround && !needsSecondPerson(refusal);
    return this.sender.send(tx, call, leg, {
      contract: legRefused,
      header: { ground: isDisclosed ? ground : 'CONFIDENTIAL', items },
      content: reason,
    });
  }
}

const sensitive: readonly string[] = SENSITIVE_REFUSAL_GROUNDS;

function needsSecondPerson({ ground }: RefusalPlaintext): boolean {
  return sensitive.includes(ground);
}
