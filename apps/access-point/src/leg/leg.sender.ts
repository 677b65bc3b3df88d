import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ContentOf, HeaderOf, LegHeader, MessageContract } from '#libs/contracts';
import type { ContentRecipient } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';
import type { Act } from '../officer/call.js';
import { compose } from '../outgoing/compose.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { assertOwnSide } from './leg.moves.js';
import { assertReachable } from './leg.reader.js';
import { type LegRecord, lockLeg } from './leg.repository.js';
import { moveHeader } from './move-header.js';

/** An act on one leg. */
export type LegAct = Act & { readonly params: { readonly legId: string } };

/** What a message says beyond who speaks to whom about which leg. */
export interface Move<C extends MessageContract> {
  readonly contract: C;
  /** A fresh one unless given. */
  readonly envelopeId?: string;
  readonly header: Omit<HeaderOf<C>, keyof LegHeader>;
  readonly content?: ContentOf<C>;
}

/** Makes signed messages of legs out of officers' acts. */
@Injectable()
export class LegSender {
  constructor(
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly outgoing: Outgoing,
  ) {}

  /** The leg of an act, locked, when the officer reaches it. */
  async open(tx: EntityManager, { reach, params }: LegAct): Promise<LegRecord> {
    return assertReachable(reach, await lockLeg(tx, params.legId));
  }

  /**
   * Signs and queues a message of a leg that {@link open} has locked. Whether the leg can make the move in its state is decided by the hub, whose refusal is
   * signed; what is the other side's to say is not even signed.
   *
   * @throws SeraiError ERR_LEG_MOVE_NOT_ALLOWED
   */
  async send<C extends MessageContract>(
    tx: EntityManager,
    { acting, officer }: LegAct,
    leg: LegRecord,
    move: Move<C>,
  ): Promise<string> {
    const { contract, envelopeId, content } = move;
    assertOwnSide(leg, contract.type);
    const base = moveHeader(leg, { desk: acting.desk, officer: officer.pseudonym });
    const header = { ...base, ...move.header } as HeaderOf<C>;
    const encryptTo = content === undefined ? [] : this.keysOf(base.recipient.participant);
    const draft = await compose(this.identity, { contract, envelopeId, legId: leg.legId, header, content, encryptTo });
    await this.outgoing.queue(tx, [draft]);
    return draft.event.id;
  }

  /** Keys that content for a participant is encrypted to now. */
  keysOf(participant: string): ContentRecipient[] {
    const keys = this.community.current.encryptionKeysOf(participant, new Date());
    if (keys.length > 0) return keys;
    throw new SeraiError('ERR_REQUEST_RECIPIENT_UNKNOWN', `${participant} has no key to encrypt to at present.`);
  }
}
