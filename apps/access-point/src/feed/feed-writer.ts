import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { legDelivered } from '#libs/contracts';
import { together } from '#libs/persistence';
import { insertAttachments } from '../attachment/attachment.repository.js';
import { attachmentsOf } from '../attachment/received-attachments.js';
import { keepChanges } from '../directory/directory.repository.js';
import { Identity } from '../identity.js';
import { insertLegs, keepLegStates, type LegChange } from '../leg/leg.repository.js';
import { insertReceivedMessages } from '../leg/message.repository.js';
import { envelopeChanged, legChanged, legEscalated } from '../live/live-event.js';
import { insertGivenUp, insertSteps } from '../nudge/nudge.repository.js';
import { compose, type Draft } from '../outgoing/compose.js';
import { keepDecisions } from '../outgoing/outgoing.repository.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { keepAcceptedProposals } from '../proposal/proposal.repository.js';
import { Vault } from '../vault/vault.service.js';
import { insertLegEvents, insertQuarantined, insertReceivedEvents } from './feed.repository.js';
import type { Delivery, FeedEffects } from './feed-effects.js';

/** Writes what a batch of entries changes, set by set. */
@Injectable()
export class FeedWriter {
  constructor(
    private readonly identity: Identity,
    private readonly vault: Vault,
    private readonly outgoing: Outgoing,
  ) {}

  async write(tx: EntityManager, effects: FeedEffects): Promise<void> {
    const [legs, envelopes, statements] = await together([
      this.writeLegs(tx, effects),
      keepDecisions(tx, effects.decisions),
      Promise.all(effects.deliveries.map((delivery) => this.stateDelivery(delivery))),
      insertReceivedEvents(tx, effects.events),
      insertLegEvents(tx, effects.legEvents),
      this.vault.store(tx, effects.contents),
      keepChanges(tx, effects.directoryChanges),
      insertGivenUp(tx, effects.givenUp),
      insertSteps(tx, effects.steps),
      keepAcceptedProposals(tx, effects.acceptedChanges),
      insertQuarantined(tx, effects.quarantined),
      this.holdChain(tx, effects),
    ]);
    await this.outgoing.queue(tx, statements, [
      ...legs.map(legChanged),
      ...effects.steps.map(legEscalated),
      ...envelopes.map(envelopeChanged),
    ]);
  }

  /** Behind the legs, which officers' acts hold first as well: who holds the chain waits for no leg. */
  private async holdChain(tx: EntityManager, { deliveries }: FeedEffects): Promise<void> {
    if (deliveries.length > 0) await this.outgoing.prepare(tx);
  }

  private async writeLegs(tx: EntityManager, effects: FeedEffects): Promise<LegChange[]> {
    const [, changes] = await together([
      insertLegs(tx, effects.legs),
      // Sent behind the new legs, which are among those that get a state.
      keepLegStates(tx, [...effects.states.values()]),
      insertReceivedMessages(tx, effects.messages),
      insertAttachments(tx, effects.messages.flatMap(attachmentsOf)),
    ]);
    return changes;
  }

  /** The signed statement that starts the clock: the request is verified, decrypted and, once this transaction commits, stored. */
  private stateDelivery({ leg, submission }: Delivery): Promise<Draft> {
    const { legId, requestId, addressee, requester } = leg;
    const header = { requestId, legId, sender: addressee, recipient: requester, submission };
    return compose(this.identity, { contract: legDelivered, legId, header, encryptTo: [] });
  }
}
