import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import {
  type EscalationStep,
  NUDGES_SUBJECT,
  type NudgesView,
  nudgesSet,
  type SentEnvelope,
  type SentNudges,
  serviceUrnOf,
} from '#libs/contracts';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { Identity } from '../identity.js';
import { assertReachable, notFound } from '../leg/leg.reader.js';
import { findLeg } from '../leg/leg.repository.js';
import type { Call } from '../officer/call.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { type DeskNudgesRecord, findDeskNudges, findGivenUp, findSteps, insertDeskNudges } from './nudge.repository.js';

const NOTIFICATIONS = serviceUrnOf('notifications');

/** How desks are nudged: said by a supervisor, signed here, kept by the hub. */
@Injectable()
export class Nudges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly idempotency: Idempotency,
    private readonly outgoing: Outgoing,
  ) {}

  set(call: Call<'setNudges'>): Promise<SentEnvelope> {
    const { desk } = call.params;
    const { effectiveFrom, ...nudges } = call.body;
    const { pseudonym: officer } = call.officer;
    this.assertOwn(desk);
    return this.idempotency.once(call, async (tx) => {
      const envelopeId = v7();
      const setAt = new Date();
      await insertDeskNudges(tx, { envelopeId, desk, nudges, effectiveFrom, officer, setAt });
      const header = { desk, officer, nudges, ...(effectiveFrom === undefined ? {} : { effectiveFrom }) };
      await this.outgoing.queueAlone(tx, {
        specversion: '1.0',
        id: envelopeId,
        source: this.identity.participant,
        type: nudgesSet.type,
        subject: NUDGES_SUBJECT,
        time: setAt.toISOString(),
        datacontenttype: 'application/json',
        realm: this.identity.realm,
        data: { header },
      });
      return { envelopeId };
    });
  }

  async get({ params: { desk }, reach }: Call<'getNudges'>): Promise<NudgesView> {
    this.assertOwn(desk);
    if (!reach.country && !reach.desks.includes(desk)) throw notFound();
    const { manager } = this.dataSource;
    const [settings, givenUp] = [await findDeskNudges(manager, desk), await findGivenUp(manager, desk)];
    return {
      desk,
      settings: settings.map(sentNudgesOf),
      webhookKeys: this.webhookKeys(),
      disabled: givenUp.map((contact) => ({ ...contact, disabledAt: contact.disabledAt.toISOString() })),
    };
  }

  async escalations({ params: { legId }, reach }: Call<'listEscalations'>): Promise<{ entries: EscalationStep[] }> {
    const { manager } = this.dataSource;
    assertReachable(reach, await findLeg(manager, legId));
    return { entries: await findSteps(manager, legId) };
  }

  private webhookKeys(): string[] {
    return this.community.current.signingKeysOf(NOTIFICATIONS, new Date()).flatMap(({ jwk }) => {
      if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') return [];
      return [`whpk_${Buffer.from(jwk.x, 'base64url').toString('base64')}`];
    });
  }

  private assertOwn(desk: string): void {
    if (this.community.current.deskAt(desk, new Date())?.participant !== this.identity.participant) throw notFound();
  }
}

function sentNudgesOf(record: DeskNudgesRecord): SentNudges {
  const { envelopeId, nudges, effectiveFrom, officer, setAt, state, problem } = record;
  return {
    envelopeId,
    state,
    ...(problem === null ? {} : { problem }),
    setAt: setAt.toISOString(),
    setBy: officer,
    ...(effectiveFrom === null ? {} : { effectiveFrom: effectiveFrom.toISOString() }),
    nudges,
  };
}
