import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { legDelivered } from '#libs/contracts';
import { keepChanges } from '../directory/directory.repository.js';
import { Identity } from '../identity.js';
import { insertLegs, keepLegStates } from '../leg/leg.repository.js';
import { insertReceivedMessages } from '../leg/message.repository.js';
import { appendLiveEvents } from '../live/live.repository.js';
import { envelopeChanged, legChanged } from '../live/live-event.js';
import { insertGivenUp } from '../nudge/nudge.repository.js';
import { compose, type Draft } from '../outgoing/compose.js';
import { keepDecisions } from '../outgoing/outgoing.repository.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { keepAcceptedProposals } from '../proposal/proposal.repository.js';
import { Vault } from '../vault/vault.service.js';
import { insertQuarantined, insertReceivedEvents } from './feed.repository.js';
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
    await insertReceivedEvents(tx, effects.events);
    await insertLegs(tx, effects.legs);
    await insertReceivedMessages(tx, effects.messages);
    await this.vault.store(tx, effects.contents);
    const legs = await keepLegStates(tx, [...effects.states.values()]);
    const envelopes = await keepDecisions(tx, effects.decisions);
    await keepChanges(tx, effects.directoryChanges);
    await insertGivenUp(tx, effects.givenUp);
    await keepAcceptedProposals(tx, effects.acceptedChanges);
    await insertQuarantined(tx, effects.quarantined);
    await this.outgoing.queue(
      tx,
      await Promise.all(effects.deliveries.map((delivery) => this.stateDelivery(delivery))),
    );
    await appendLiveEvents(tx, [...legs.map(legChanged), ...envelopes.map(envelopeChanged)]);
  }

  /** The signed statement that starts the clock: the request is verified, decrypted and, once this transaction commits, stored. */
  private stateDelivery({ leg, submission }: Delivery): Promise<Draft> {
    const { legId, requestId, addressee, requester } = leg;
    const header = { requestId, legId, sender: addressee, recipient: requester, submission };
    return compose(this.identity, { contract: legDelivered, legId, header, encryptTo: [] });
  }
}
