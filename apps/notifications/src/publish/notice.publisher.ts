import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid7 } from 'uuid';
import { type HeaderOf, type MessageContract, TOPICS } from '#libs/contracts';
import { frameEvent } from '#libs/envelope';
import { HubIdentity } from '#libs/hub';
import { type DraftEvent, Outbox, ProducerChain } from '#libs/messaging';

/** What notifications says itself, before it is numbered and signed. */
export interface Notice {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly header: object;
  /** The envelope that caused it; it travels beside the event, byte for byte. */
  readonly cause?: { readonly jws: string; readonly sha256: string };
}

/** Makes a notice whose header fits its contract. */
export function noticeOf<C extends MessageContract>(
  contract: C,
  subject: string,
  header: HeaderOf<C> & object,
  cause?: Notice['cause'],
): Notice {
  return { id: uuid7(), type: contract.type, subject, header, ...(cause ? { cause } : {}) };
}

/** Signs notices in order and puts them into the outbox of the transaction. The feeds get them from the topic, like every event of the hub. */
@Injectable()
export class NoticePublisher {
  constructor(
    private readonly identity: HubIdentity,
    private readonly chain: ProducerChain,
    private readonly outbox: Outbox,
  ) {}

  /** Call it last in a transaction: it holds the lock on the service's chain until the end. */
  async publish(tx: EntityManager, notices: readonly Notice[]): Promise<void> {
    if (notices.length === 0) return;
    const drafts = notices.map((notice) => this.draft(notice));
    const signed = await this.chain.append(tx, drafts, this.identity.signer);
    const records = notices.map(({ subject, cause }, index) => ({
      topic: TOPICS.notificationEvents.name,
      key: subject,
      value: frameEvent(signed[index]!.jws, cause?.jws),
    }));
    await this.outbox.add(tx, records);
  }

  private draft({ id, type, subject, header, cause }: Notice): DraftEvent {
    return {
      specversion: '1.0',
      id,
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
