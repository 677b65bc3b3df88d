import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import {
  authorisationAwaited,
  clarificationAnswered,
  clarificationAsked,
  legAcknowledged,
  legAnswered,
  legClosed,
  legDeclined,
  legPartiallyAnswered,
  type MessageContract,
  reconsiderationAsked,
  requestWithdrawn,
  type SentEnvelope,
} from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { Drafts, referencesOf, secretsOf } from '../attachment/drafts.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import type { Call } from '../officer/call.js';
import { openClarification } from './leg.moves.js';
import type { LegRecord } from './leg.repository.js';
import { type LegAct, LegSender, type Move } from './leg.sender.js';

/** What officers do with legs, each act one signed message. Refusals have a service of their own. */
@Injectable()
export class LegActs {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly sender: LegSender,
    private readonly drafts: Drafts,
  ) {}

  acknowledge(call: Call<'acknowledgeLeg'>): Promise<SentEnvelope> {
    return this.act(call, () => ({ contract: legAcknowledged, header: {} }));
  }

  askClarification(call: Call<'askClarification'>): Promise<SentEnvelope & { clarificationId: string }> {
    return this.idempotency.once(call, async (tx) => {
      const clarificationId = v7();
      const leg = await this.sender.open(tx, call);
      const move = { contract: clarificationAsked, header: { clarificationId }, content: call.body };
      return { clarificationId, envelopeId: await this.sender.send(tx, call, leg, move) };
    });
  }

  answerClarification(call: Call<'answerClarification'>): Promise<SentEnvelope> {
    const { clarificationId } = call.params;
    return this.act(call, (leg) => {
      assertClarificationOpen(leg, clarificationId);
      return { contract: clarificationAnswered, header: { clarificationId }, content: call.body };
    });
  }

  announceAuthorisation(call: Call<'announceAuthorisation'>): Promise<SentEnvelope> {
    const { expectedBy, ...content } = call.body;
    return this.act(call, () => ({ contract: authorisationAwaited, header: { expectedBy }, content }));
  }

  respond(call: Call<'respond'>): Promise<SentEnvelope> {
    const { final, handling, caveats, language, items } = call.body;
    const itemIds = items.map(({ itemId }) => itemId);
    return this.idempotency.once(call, async (tx) => {
      const leg = await this.sender.open(tx, call);
      assertItems(leg, itemIds);
      const attached = await this.drafts.open(tx, call.officer, call.body.attachments);
      const envelopeId = await this.sender.send(tx, call, leg, {
        contract: final ? legAnswered : legPartiallyAnswered,
        header: { handling, caveats, ...referencesOf(attached), items: itemIds },
        content: { language, items, ...secretsOf(attached) },
      });
      await this.drafts.attach(tx, call.officer, attached, [{ envelopeId, legId: leg.legId }]);
      return { envelopeId };
    });
  }

  decline(call: Call<'decline'>): Promise<SentEnvelope> {
    return this.act(call, () => ({ contract: legDeclined, header: {} }));
  }

  askReconsideration(call: Call<'askReconsideration'>): Promise<SentEnvelope> {
    return this.act(call, () => ({ contract: reconsiderationAsked, header: {}, content: call.body }));
  }

  close(call: Call<'closeLeg'>): Promise<SentEnvelope> {
    const { comment, ...header } = call.body;
    return this.act(call, () => ({ contract: legClosed, header, content: comment }));
  }

  withdraw(call: Call<'withdrawLeg'>): Promise<SentEnvelope> {
    return this.act(call, () => ({ contract: requestWithdrawn, header: {}, content: call.body.reason }));
  }

  private act<C extends MessageContract>(call: LegAct, moveOf: (leg: LegRecord) => Move<C>): Promise<SentEnvelope> {
    return this.idempotency.once(call, async (tx) => {
      const leg = await this.sender.open(tx, call);
      return { envelopeId: await this.sender.send(tx, call, leg, moveOf(leg)) };
    });
  }
}

function assertClarificationOpen(leg: LegRecord, clarificationId: string): void {
  if (openClarification(leg) === clarificationId) return;
  throw new SeraiError('ERR_LEG_CLARIFICATION_UNKNOWN', 'No clarification with this id waits for an answer.');
}

/** Items of a request are numbered from 1. */
export function assertItems(leg: LegRecord, itemIds: readonly string[]): void {
  const unknown = itemIds.find((itemId) => Number(itemId) > leg.items);
  if (unknown === undefined) return;
  throw new SeraiError('ERR_LEG_ITEM_UNKNOWN', `The request has no item ${unknown}; its items are 1 to ${leg.items}.`);
}
