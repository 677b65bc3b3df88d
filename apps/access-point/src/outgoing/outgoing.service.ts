import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type DraftEvent, ProducerChain } from '#libs/messaging';
import { together } from '#libs/persistence';
import { Identity } from '../identity.js';
import { appendLiveEvents } from '../live/live.repository.js';
import { envelopeChanged, type NewLiveEvent } from '../live/live-event.js';
import { Vault } from '../vault/vault.service.js';
import type { Draft } from './compose.js';
import { insertOutgoing, insertOutgoingAlone } from './outgoing.repository.js';
import { OwnEnvelopes } from './own-envelopes.js';

/** Store-and-forward: what is queued here goes to the hub once the transaction has committed, whenever the hub can be reached. */
@Injectable()
export class Outgoing {
  private readonly chain = new ProducerChain();

  constructor(
    private readonly identity: Identity,
    private readonly vault: Vault,
    private readonly own: OwnEnvelopes,
  ) {}

  /** Has {@link queue} need no round trip of its own. */
  prepare(tx: EntityManager): Promise<void> {
    return this.chain.hold(tx, this.identity.participant);
  }

  /**
   * Signs drafts, in order, and stores them with their messages and contents; the legs must exist. Holds the ends of the producer's chain and of the live
   * events until the transaction ends, so do it last.
   *
   * @param changes what else officers are to see of this transaction
   */
  async queue(tx: EntityManager, drafts: readonly Draft[], changes: readonly NewLiveEvent[] = []): Promise<void> {
    if (drafts.length === 0) return appendLiveEvents(tx, changes);
    const contents = drafts.flatMap(({ event, content }) =>
      content === undefined ? [] : [{ recordId: event.id, content }],
    );
    const events = drafts.map(({ event }) => event);
    const queued = events.map(({ id, subject }) =>
      envelopeChanged({ envelopeId: id, legId: subject, state: 'QUEUED' }),
    );
    const [signed] = await together([
      this.chain.append(tx, events, this.identity.keystore.signer()),
      this.vault.store(tx, contents),
    ]);
    this.own.remember(signed);
    await insertOutgoing(tx, signed);
    await appendLiveEvents(tx, [...changes, ...queued]);
  }

  /** Signs and stores a message that belongs to no leg and has no content. Do it last, as {@link queue}. */
  async queueAlone(tx: EntityManager, event: DraftEvent): Promise<void> {
    await insertOutgoingAlone(tx, await this.chain.append(tx, [event], this.identity.keystore.signer()));
  }
}
