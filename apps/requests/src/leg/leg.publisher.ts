import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid7 } from 'uuid';
import { TOPICS } from '#libs/contracts';
import { frameEvent, type SignedEnvelope } from '#libs/envelope';
import { HubIdentity } from '#libs/hub';
import { type DraftEvent, Outbox, type OutgoingRecord, ProducerChain } from '#libs/messaging';
import type { LegEvent } from './leg.events.js';

/** An event on its way out, with the trace of what led to it. */
export interface Announcement {
  readonly event: LegEvent;
  readonly traceparent?: string | undefined;
}

/** Signs events in order and puts them into the outbox of the transaction. */
@Injectable()
export class LegPublisher {
  constructor(
    private readonly identity: HubIdentity,
    private readonly chain: ProducerChain,
    private readonly outbox: Outbox,
  ) {}

  /** Has {@link publish} need no round trip of its own. */
  prepare(tx: EntityManager): Promise<void> {
    return this.chain.hold(tx, this.identity.urn);
  }

  /** Call it last in a transaction: it holds the lock on the service's chain until the end. */
  async publish(tx: EntityManager, announcements: readonly Announcement[]): Promise<void> {
    const drafts = announcements.map(({ event }) => this.draft(event));
    const signed = await this.chain.append(tx, drafts, this.identity.signer);
    await this.outbox.add(tx, this.recordsOf(announcements, signed));
  }

  private recordsOf(announcements: readonly Announcement[], signed: readonly SignedEnvelope[]): OutgoingRecord[] {
    return announcements.map(({ event: { subject, cause }, traceparent }, index): OutgoingRecord => {
      const value = frameEvent(signed[index]!.jws, cause?.jws);
      const record = { topic: TOPICS.requestEvents.name, key: subject, value };
      return traceparent === undefined ? record : { ...record, headers: { traceparent } };
    });
  }

  private draft({ type, subject, header, cause }: LegEvent): DraftEvent {
    return {
      specversion: '1.0',
      id: uuid7(),
      source: this.identity.urn,
      type,
      subject,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      realm: this.identity.realm,
      data: { header: { ...header }, ...(cause ? { cause: cause.sha256 } : {}) },
    };
  }
}
